"""Logging in through each dialect (W4, A6, M1), logging out (A7, MX) and asking whether a token
still holds (A8).
"""

from collections.abc import Mapping
from dataclasses import replace

from gateway.exchange import (
    BasicCredentials,
    FieldRefused,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import accounts_dialect, matching_dialect, wellbeing_dialect
from gateway.translations.fields import (
    Field,
    address,
    password_to_compare,
    read_fields,
    with_alias,
)
from gateway.translations.service_answers import body_of, instant_of, text_of, view_of

_WELLBEING_FIELDS = (
    Field(name="email", to="email", kind=address),
    Field(name="password", to="password", kind=password_to_compare),
)
_ACCOUNTS_FIELDS = (
    Field(name="email", to="email", kind=address),
    Field(name="password", to="password", kind=password_to_compare),
)
_MATCHING_FIELDS = (
    Field(name="user_mail", to="email", kind=address),
    Field(name="password", to="password", kind=password_to_compare),
)
_ELSEWHERE = "This account needs a second factor. Log in with the new application."
_WELLBEING_REFUSALS = {
    "invalid_credentials": wellbeing_dialect.field_errors(
        {"non_field_errors": ["Unable to log in with provided credentials."]}
    ),
    "second_factor_elsewhere": wellbeing_dialect.field_errors({"non_field_errors": [_ELSEWHERE]}),
    "email_not_verified": wellbeing_dialect.single_error("You need to verify your email"),
}
_WRONG_CREDENTIALS = matching_dialect.refusal("login error: incorrect email/password", session="")


def _begin(
    values: Mapping[str, JsonValue], opened_through: str, *, require_verified: bool = False
) -> ServiceRequest:
    command = {**values, "opened_through": opened_through, "require_verified": require_verified}
    return ServiceRequest(
        method="POST", path="/internal/v1/login-sessions", json=command, is_internal=True
    )


def _wellbeing_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = wellbeing_dialect.values_or_field_errors(request.fields, _WELLBEING_FIELDS)
    return _begin(values, "wellbeing", require_verified=True)


def _wellbeing_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return wellbeing_dialect.errors_by_service(
            response, _WELLBEING_FIELDS
        ) or wellbeing_dialect.error_by_code(response, _WELLBEING_REFUSALS)
    account = view_of(body_of(response).get("account"))
    names = (text_of(account, "first_name"), text_of(account, "last_name"))
    return wellbeing_dialect.answer(
        {
            "token": text_of(body_of(response), "access_token"),
            "role": "admin" if account.get("role") == "admin" else "normal",
            "name": " ".join(name for name in names if name),
        }
    )


def _accounts_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = accounts_dialect.values_or_error(request.fields, _ACCOUNTS_FIELDS)
    return _begin(values, "accounts")


def _accounts_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return accounts_dialect.error_by_code(
            response,
            {
                "invalid_credentials": accounts_dialect.error("Invalid credentials", 401),
                "second_factor_elsewhere": accounts_dialect.error(_ELSEWHERE, 401),
            },
        )
    opened = body_of(response)
    expires_at = instant_of(opened.get("expires_at"))
    return accounts_dialect.answer(
        {
            "access_token": text_of(opened, "access_token"),
            "expires_at": accounts_dialect.seconds_text(expires_at),
        }
    )


def _matching_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    fields = with_alias(request.fields, "user_mail", "user_email")
    values = matching_dialect.values_or_refusal(fields, _MATCHING_FIELDS, session="")
    return _begin(values, "matching")


def _matching_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        token = text_of(body_of(response), "access_token")
        return replace(matching_dialect.success(session=token), session_cookie=token)
    if response.code == "invalid_credentials":
        return _WRONG_CREDENTIALS
    if response.code == "second_factor_elsewhere":
        return matching_dialect.refusal(_ELSEWHERE, session="")
    return matching_dialect.refused_field(
        response, _MATCHING_FIELDS, session=""
    ) or matching_dialect.refusal("Internal server error", session="")


def _credentials(credentials: BasicCredentials) -> dict[str, JsonValue]:
    reading = read_fields(
        {"email": credentials.email, "password": credentials.password}, _ACCOUNTS_FIELDS
    )
    if reading.refusals:
        raise FieldRefused(accounts_dialect.ENDED_TOKEN)
    return dict(reading.values)


def _log_out_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    if request.basic_credentials is None:
        return ServiceRequest(method="DELETE", path="/api/v1/login-sessions/current")
    return ServiceRequest(
        method="POST",
        path="/internal/v1/login-sessions/end",
        json={**_credentials(request.basic_credentials), "opened_through": "accounts"},
        is_internal=True,
    )


def _log_out_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return accounts_dialect.answer({"message": "Logout successful"})
    return _refused_token(response)


def _check_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    if request.basic_credentials is None:
        return ServiceRequest(method="GET", path="/api/v1/accounts/me")
    return ServiceRequest(
        method="POST",
        path="/internal/v1/credential-checks",
        json=_credentials(request.basic_credentials),
        is_internal=True,
    )


def _check_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return accounts_dialect.answer({"message": "Token is valid"})
    return _refused_token(response)


def _refused_token(response: ServiceResponse) -> LegacyAnswer:
    is_about_the_caller = response.status in (401, 403, 404) or response.code == "invalid_request"
    return (
        accounts_dialect.ENDED_TOKEN
        if is_about_the_caller
        else accounts_dialect.general_error(response)
    )


def _matching_log_out_to_service(
    request: LegacyRequest, surroundings: Surroundings
) -> ServiceRequest:
    return ServiceRequest(method="DELETE", path="/api/v1/login-sessions/current")


def _matching_log_out_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return matching_dialect.success()
    if response.status in (401, 403, 404):
        return matching_dialect.refusal(matching_dialect.INVALID_SESSION)
    return matching_dialect.general_refusal(response)


LOG_IN_TO_WELLBEING = Translation(to_service=_wellbeing_to_service, to_legacy=_wellbeing_to_legacy)
LOG_IN_TO_ACCOUNTS = Translation(to_service=_accounts_to_service, to_legacy=_accounts_to_legacy)
LOG_IN_TO_MATCHING = Translation(to_service=_matching_to_service, to_legacy=_matching_to_legacy)
LOG_OUT = Translation(to_service=_log_out_to_service, to_legacy=_log_out_to_legacy)
CHECK_TOKEN = Translation(to_service=_check_to_service, to_legacy=_check_to_legacy)
LOG_OUT_OF_MATCHING = Translation(
    to_service=_matching_log_out_to_service, to_legacy=_matching_log_out_to_legacy
)
