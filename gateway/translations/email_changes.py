"""Asking for another address in `wellbeing` (W14); it changes when the mailed code comes back."""

from gateway.exchange import (
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect

_INVALID = "Invalid email format."
_REFUSALS = {
    "email_taken": dialect.single_error("This email is already in use."),
    "invalid_request": dialect.single_error(_INVALID),
}


def _ask_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    email = dialect.address_or_error(request.fields, missing="Email is required.", bad=_INVALID)
    return ServiceRequest(
        method="POST", path="/internal/v1/email-changes", json={"email": email}, is_internal=True
    )


def _ask_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.message(
            "A verification code has been sent to the new email. "
            "Your email changes once it is confirmed."
        )
    return dialect.error_by_code(response, _REFUSALS)


CHANGE_EMAIL = Translation(to_service=_ask_to_service, to_legacy=_ask_to_legacy)
