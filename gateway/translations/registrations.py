"""Signing up in `wellbeing` (W1): an account that counts once its address is proved."""

from gateway.exchange import (
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import Field, address, name_of, password_to_judge
from gateway.translations.service_answers import body_of, text_of

_FIELDS = (
    Field(name="email", to="email", kind=address),
    Field(name="password", to="password", kind=password_to_judge),
    Field(name="first_name", to="first_name", kind=name_of()),
    Field(name="last_name", to="last_name", kind=name_of()),
)


def _open_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = dialect.values_or_field_errors(request.fields, _FIELDS)
    return ServiceRequest(
        method="POST",
        path="/internal/v1/registrations",
        json={**values, "locale": request.locale, "opened_through": "wellbeing"},
        is_internal=True,
    )


def _open_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        email = text_of(body_of(response), "email")
        return dialect.answer({"email": email, "message": dialect.SENT})
    if response.code == "password_rejected":
        return dialect.field_errors({"password": dialect.password_reasons(response)})
    return dialect.errors_by_service(response, _FIELDS) or dialect.general_error(response)


SIGN_UP = Translation(to_service=_open_to_service, to_legacy=_open_to_legacy)
