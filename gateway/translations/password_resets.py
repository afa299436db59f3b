"""A forgotten password in `wellbeing`: asking for a code (W18), checking it (W19), setting the
password (W20).
"""

from gateway.exchange import (
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import Kind, code, password_to_judge
from gateway.translations.service_answers import body_of, text_of

_REFUSALS = {
    "no_reset_code": dialect.single_error("There is no verification code for this user"),
    "code_not_accepted": dialect.single_error("Can't verify code"),
    "invalid_request": dialect.single_error("Can't verify code"),
}


def _ask_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    email = dialect.address_or_error(request.fields)
    return ServiceRequest(method="POST", path="/api/v1/password-resets", json={"email": email})


def _ask_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.code == "invalid_request":
        return dialect.single_error("Invalid email format")
    if not response.is_success:
        return dialect.general_error(response)
    # the key `password` is part of the contract and always empty: no answer carries a secret
    return dialect.answer({**_address(response), "message": dialect.SENT, "password": ""})


def _address(response: ServiceResponse) -> dict[str, str]:
    return {"email": text_of(body_of(response), "email")}


def _required(request: LegacyRequest, name: str, kind: Kind, missing: str) -> str:
    return str(dialect.value_or_error(request.fields, name, kind, missing=missing, bad=missing))


def _code_and_address(request: LegacyRequest) -> dict[str, str]:
    given = _required(request, "code", code, "Code is required")
    return {"email": dialect.address_or_error(request.fields), "code": given}


def _check_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(
        method="POST", path="/api/v1/password-resets/check", json=_code_and_address(request)
    )


def _check_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.answer({**_address(response), "message": "The code you entered is valid"})
    return dialect.error_by_code(response, _REFUSALS)


def _confirm_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    proof = _code_and_address(request)
    password = _required(request, "password", password_to_judge, "Password is required")
    return ServiceRequest(
        method="POST",
        path="/api/v1/password-resets/confirm",
        json={**proof, "password": password},
    )


def _confirm_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.answer({**_address(response), "message": "Your password has been changed"})
    if response.code == "password_rejected":
        return dialect.single_error(dialect.password_reasons(response))
    return dialect.error_by_code(response, _REFUSALS)


ASK_FOR_RESET = Translation(to_service=_ask_to_service, to_legacy=_ask_to_legacy)
CHECK_RESET_CODE = Translation(to_service=_check_to_service, to_legacy=_check_to_legacy)
CONFIRM_RESET = Translation(to_service=_confirm_to_service, to_legacy=_confirm_to_legacy)
