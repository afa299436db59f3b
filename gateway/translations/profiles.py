"""Personal profiles in `wellbeing`: one's own (W5), somebody's (W7), changing (W13)."""

from gateway.exchange import (
    FieldRefused,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import wellbeing_dialect as dialect
from gateway.translations.fields import NAME_CHARACTERS as SPECIALTY_CHARACTERS
from gateway.translations.fields import Field, Null, choice_of, day_until, text_of
from gateway.translations.identifiers import path_id
from gateway.translations.service_answers import View, body_of, number_of, view_of

USER_NOT_FOUND = dialect.answer({"message": "User not found", "error": "User not found"}, 404)
_SHOWN_GENDERS = ("F", "M")


def _shown(profile: View) -> dict[str, JsonValue]:
    """Give the seven members both profile rows share."""
    return {
        "id": number_of(profile, "account_id"),
        "email": profile.get("email"),
        "first_name": profile.get("first_name"),
        "last_name": profile.get("last_name"),
        **_told(profile),
    }


def _told(profile: View) -> dict[str, JsonValue]:
    gender = profile.get("gender")
    return {
        "birth_date": profile.get("birth_date"),
        "gender": gender if gender in _SHOWN_GENDERS else None,
        "speciality": profile.get("specialty"),
    }


def _read_own_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(method="GET", path="/api/v1/profiles/me")


def _read_own_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_error(response)
    profile = body_of(response)
    progress = view_of(profile.get("progress"))
    return dialect.answer(
        {
            **_shown(profile),
            "is_premium": profile.get("is_premium") is True,
            "progress": progress.get("completed_stages"),
            "progress_ratio": float(str(progress.get("ratio"))),
            "total_answers": progress.get("total_answers"),
        }
    )


def _read_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    account_id = path_id(request)
    if account_id is None:
        raise FieldRefused(USER_NOT_FOUND)
    return ServiceRequest(
        method="GET", path=f"/internal/v1/profiles/{account_id}", is_internal=True
    )


def _read_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.answer(_shown(body_of(response)))
    if response.status == 404:
        return USER_NOT_FOUND
    return dialect.general_error(response)


def _change_fields(surroundings: Surroundings) -> tuple[Field, ...]:
    kinds = {
        "birth_date": day_until(surroundings.now.date()),
        "gender": choice_of(*_SHOWN_GENDERS),
        "speciality": text_of(SPECIALTY_CHARACTERS),
    }
    return tuple(
        Field(
            name=name,
            to="specialty" if name == "speciality" else name,
            kind=kind,
            is_required=False,
            null=Null.CLEARS,
        )
        for name, kind in kinds.items()
    )


def _change_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    values = dialect.values_or_field_errors(request.fields, _change_fields(surroundings))
    return ServiceRequest(method="PATCH", path="/api/v1/profiles/me", json=dict(values))


def _change_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        fields = _change_fields(surroundings)
        return dialect.errors_by_service(response, fields) or dialect.general_error(response)
    profile = body_of(response)
    account_id = number_of(profile, "account_id")
    return dialect.answer(
        {
            "message": "Profile updated successfully.",
            "id": account_id,
            **_told(profile),
            "user": account_id,
        }
    )


READ_OWN_PROFILE = Translation(to_service=_read_own_to_service, to_legacy=_read_own_to_legacy)
READ_PROFILE = Translation(to_service=_read_to_service, to_legacy=_read_to_legacy)
CHANGE_PROFILE = Translation(to_service=_change_to_service, to_legacy=_change_to_legacy)
