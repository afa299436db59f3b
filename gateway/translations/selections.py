"""Choosing a therapist and an hour: booking, moving, changing the therapist (M5, and the second
step of M7).
"""

from collections.abc import Mapping

from gateway.exchange import (
    FieldRefused,
    Fields,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import matching_dialect as dialect
from gateway.translations.fields import Reason, ValueRefused, clean_string
from gateway.translations.matches import list_to_legacy, list_to_service
from gateway.translations.slot_labels import UnknownHour, instant_of_slot
from shared.clock import instant_text
from shared.strict_json import UnreadableJson, loads

NOT_AVAILABLE = "This time is not available"
INVALID_TIME_TOKEN = "Invalid time token"  # noqa: S105 - a sentence, no secret
TOKEN_CHARACTERS = 512

_REFUSALS = {
    "practitioner_not_found": dialect.UNKNOWN_THERAPIST,
    "slot_taken": NOT_AVAILABLE,
    "hour_not_offered": NOT_AVAILABLE,
    "has_another_therapist": "You already have a therapist",
    "too_late_to_move": "Too late to move",
    "not_your_therapist": dialect.NOT_YOUR_THERAPIST,
    "no_appointment_to_move": "No appointment to move",
    "reschedule_token_invalid": INVALID_TIME_TOKEN,
}


def names_an_hour(fields: Fields) -> bool:
    """Tell whether the client sent an hour, good or bad."""
    return fields.get("psy_time_slots") is not None


def slot_object(value: JsonValue) -> Mapping[str, JsonValue]:
    """Read `psy_time_slots`: an object, or its JSON text as forms send it."""
    read = value
    if isinstance(value, str):
        try:
            read = loads(value)
        except UnreadableJson as error:
            raise ValueRefused(Reason.BAD, "Expected an object.") from error
    if not isinstance(read, dict):
        raise ValueRefused(Reason.WRONG_TYPE, "Expected an object.")
    return read


def hour_to_service(
    request: LegacyRequest, surroundings: Surroundings, *, unknown: str, only_move: bool
) -> ServiceRequest:
    """Ask for the hour the client chose."""
    fields = request.fields
    practitioner_id = dialect.therapist_or_refusal(fields, unknown)
    slot = dialect.value_or_refusal(fields, "psy_time_slots", slot_object)
    command: dict[str, JsonValue] = {
        "practitioner_id": practitioner_id,
        "starts_at": _starts_at(slot, surroundings),
    }
    if fields.get("time_token") is not None:
        command["reschedule_token"] = _time_token(fields["time_token"])
    if only_move:
        command["only_move"] = True
    return ServiceRequest(method="POST", path="/api/v1/selections", json=command)


def _starts_at(slot: JsonValue, surroundings: Surroundings) -> str:
    try:
        instant = instant_of_slot(
            slot_object(slot), surroundings.service_time_zone, surroundings.now
        )
    except UnknownHour as error:
        raise FieldRefused(dialect.refusal(NOT_AVAILABLE)) from error
    return instant_text(instant)


def _time_token(value: JsonValue) -> str:
    try:
        token = clean_string(value)
    except ValueRefused as refused:
        raise FieldRefused(dialect.refusal(INVALID_TIME_TOKEN)) from refused
    if not 1 <= len(token) <= TOKEN_CHARACTERS:
        raise FieldRefused(dialect.refusal(INVALID_TIME_TOKEN))
    return token


def hour_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    """Tell whether the hour is the client's now; whatever else forbids the hour makes it
    unavailable.
    """
    if response.is_success:
        return dialect.success()
    if response.status == 409 and response.code not in _REFUSALS:
        return dialect.refusal(NOT_AVAILABLE)
    if _is_named(response, "reschedule_token"):
        return dialect.refusal(INVALID_TIME_TOKEN)
    if response.code == "invalid_request":
        return dialect.refusal(NOT_AVAILABLE)
    return dialect.refusal_by_code(response, _REFUSALS)


def _is_named(response: ServiceResponse, field: str) -> bool:
    named = response.json.get("errors") if isinstance(response.json, dict) else None
    return response.code == "invalid_request" and isinstance(named, dict) and field in named


def _asks_for_the_list(fields: Fields) -> bool:
    return fields.get("psy_id") is None and not names_an_hour(fields)


def _select_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    if _asks_for_the_list(request.fields):
        return list_to_service(request, surroundings)
    return hour_to_service(
        request, surroundings, unknown=dialect.UNKNOWN_THERAPIST, only_move=False
    )


def _select_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if _asks_for_the_list(request.fields):
        return list_to_legacy(response, request, surroundings)
    return hour_to_legacy(response, request, surroundings)


SELECT_THERAPIST = Translation(to_service=_select_to_service, to_legacy=_select_to_legacy)
