"""Proving an address in `wellbeing`: asking for the code again (W2) and giving it (W3)."""

from gateway.exchange import (
    FieldRefused,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import Field, address, code, read_fields
from gateway.translations.service_answers import body_of, text_of

_NOT_VERIFIED = dialect.single_error("Can't verify user")
_FIELDS = (
    Field(name="email", to="email", kind=address),
    Field(name="code", to="code", kind=code),
)


def _resend_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    email = dialect.address_or_error(request.fields)
    return ServiceRequest(method="POST", path="/api/v1/verification-codes", json={"email": email})


def _resend_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        email = text_of(body_of(response), "email")
        return dialect.answer({"email": email, "message": dialect.SENT})
    if response.code == "invalid_request":
        return dialect.single_error("Invalid email format")
    return dialect.general_error(response)


def _verify_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    reading = read_fields(request.fields, _FIELDS)
    if reading.refusals:
        raise FieldRefused(_NOT_VERIFIED)
    return ServiceRequest(
        method="POST",
        path="/internal/v1/verifications",
        json=dict(reading.values),
        is_internal=True,
    )


def _verify_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return _NOT_VERIFIED
    email = text_of(body_of(response), "email")
    return dialect.answer({"email": email, "message": "Your email has been verified"})


RESEND_CODE = Translation(to_service=_resend_to_service, to_legacy=_resend_to_legacy)
VERIFY_SIGN_UP = Translation(to_service=_verify_to_service, to_legacy=_verify_to_legacy)
