"""Changing one's password: in `wellbeing` (W15) and in `accounts` (A4)."""

from gateway.exchange import (
    FieldRefused,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import accounts_dialect, wellbeing_dialect
from gateway.translations.fields import (
    PASSWORD_CHARACTERS,
    Field,
    password_of_any_strength,
    password_to_compare,
    password_to_judge,
    read_fields,
)
from gateway.translations.identifiers import path_id

_JUDGED_FIELDS = (
    Field(name="old_password", to="old_password", kind=password_to_judge),
    Field(name="new_password", to="new_password", kind=password_to_judge),
)
_ANY_STRENGTH_FIELDS = (
    Field(name="existing_password", to="old_password", kind=password_to_compare),
    Field(name="password", to="new_password", kind=password_of_any_strength),
)
_BOTH_REQUIRED = wellbeing_dialect.single_error("Both old and new passwords are required.")
_OLD_INCORRECT = wellbeing_dialect.single_error("Old password is incorrect.")
_EXISTING_INCORRECT = accounts_dialect.error("Invalid request: Old password is incorrect", 400)


def _change_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    reading = read_fields(request.fields, _JUDGED_FIELDS)
    if reading.refusals:
        raise FieldRefused(_BOTH_REQUIRED)
    if len(str(reading.values["old_password"])) > PASSWORD_CHARACTERS:
        raise FieldRefused(_OLD_INCORRECT)
    return ServiceRequest(
        method="PUT", path="/api/v1/accounts/me/password", json=dict(reading.values)
    )


def _change_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return wellbeing_dialect.message("Password changed successfully.")
    if response.code == "password_rejected":
        return wellbeing_dialect.single_error(wellbeing_dialect.password_reasons(response))
    return wellbeing_dialect.error_by_code(response, {"old_password_incorrect": _OLD_INCORRECT})


def _change_by_id_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    account_id = path_id(request)
    if account_id is None:
        raise FieldRefused(accounts_dialect.INCORRECT_FIELD)
    reading = read_fields(request.fields, _ANY_STRENGTH_FIELDS)
    if reading.refusals:
        raise FieldRefused(accounts_dialect.INVALID_BODY)
    if request.identity is None or request.identity.account_id != account_id:
        raise FieldRefused(accounts_dialect.NOT_THE_PERSON)
    return ServiceRequest(
        method="PUT",
        path=f"/internal/v1/accounts/{account_id}/password",
        json={**reading.values, "accept_weak": True},
        is_internal=True,
    )


def _change_by_id_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return accounts_dialect.answer({"message": "Password updated successfully"})
    return accounts_dialect.error_by_code(
        response,
        {
            "old_password_incorrect": _EXISTING_INCORRECT,
            "password_rejected": accounts_dialect.INVALID_BODY,
            "invalid_request": accounts_dialect.INVALID_BODY,
        },
    )


CHANGE_OWN_PASSWORD = Translation(to_service=_change_to_service, to_legacy=_change_to_legacy)
CHANGE_PASSWORD_BY_ID = Translation(
    to_service=_change_by_id_to_service, to_legacy=_change_by_id_to_legacy
)
