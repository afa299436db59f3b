"""The client's present therapist: seeing (M6) and leaving (M12)."""

from gateway.exchange import (
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import matching_dialect as dialect
from gateway.translations.fields import Field, boolean, integers_listed, text_of
from gateway.translations.practitioners import picture_url
from gateway.translations.service_answers import (
    body_of,
    instant_of,
    number_of,
    view_of,
)
from gateway.translations.service_answers import text_of as member_text
from gateway.translations.slot_labels import single_label

LAST_REASON = 10
WORDS_CHARACTERS = 4000

_END_FIELDS = (
    Field(name="problems", to="reasons", kind=integers_listed(0, LAST_REASON), is_required=False),
    Field(
        name="more_problems",
        to="more_reasons",
        kind=text_of(WORDS_CHARACTERS, may_be_blank=True),
        is_required=False,
    ),
    Field(name="call_me", to="wants_call", kind=boolean, is_required=False),
)
_END_REFUSALS = {
    "no_therapist_chosen": "No therapist chosen",
    "not_your_therapist": dialect.NOT_YOUR_THERAPIST,
}


def _read_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(
        method="GET",
        path="/api/v1/care-relations/current",
        query={"locale": request.locale},
    )


def _read_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_refusal(response)
    relation = body_of(response)
    if relation.get("practitioner") is None:
        return dialect.success(
            session=request.token or "",
            psy_id=None,
            psy_name=None,
            psy_photo=None,
            psy_time_slots={},
        )
    practitioner = view_of(relation["practitioner"])
    practitioner_id = number_of(practitioner, "id")
    return dialect.success(
        session=request.token or "",
        psy_id=practitioner_id,
        psy_name=member_text(practitioner, "name"),
        psy_photo=picture_url(practitioner_id, surroundings),
        psy_time_slots=_next_hour(relation.get("next_appointment"), surroundings),
    )


def _next_hour(appointment: JsonValue, surroundings: Surroundings) -> dict[str, JsonValue]:
    if appointment is None:
        return {}
    starts_at = instant_of(view_of(appointment).get("starts_at"))
    return single_label(starts_at, surroundings.service_time_zone, surroundings.now)


def _end_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    command: dict[str, JsonValue] = {"reasons": []}
    if request.fields.get("psy_id") is not None:
        command["practitioner_id"] = _practitioner_id(request)
    command.update(dialect.values_or_refusal(request.fields, _END_FIELDS))
    return ServiceRequest(method="POST", path="/api/v1/care-relations/current/end", json=command)


def _practitioner_id(request: LegacyRequest) -> int:
    return dialect.therapist_or_refusal(request.fields, dialect.NOT_YOUR_THERAPIST)


def _end_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.success()
    return dialect.refused_field(response, _END_FIELDS) or dialect.refusal_by_code(
        response, _END_REFUSALS
    )


READ_CURRENT_THERAPIST = Translation(to_service=_read_to_service, to_legacy=_read_to_legacy)
LEAVE_THERAPIST = Translation(to_service=_end_to_service, to_legacy=_end_to_legacy)
