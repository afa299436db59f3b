"""Moving an appointment in two steps (M7): the first gives a token and the free hours, the
second moves.
"""

from gateway.exchange import (
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import matching_dialect as dialect
from gateway.translations.matches import LISTED_DAYS
from gateway.translations.selections import hour_to_legacy, hour_to_service, names_an_hour
from gateway.translations.service_answers import body_of, instant_of, list_of, text_of
from gateway.translations.slot_labels import grouped_labels

_REFUSALS = {
    "not_your_therapist": dialect.NOT_YOUR_THERAPIST,
    "practitioner_not_found": dialect.NOT_YOUR_THERAPIST,
    "no_appointment_to_move": "No appointment to move",
}


def _to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    if names_an_hour(request.fields):
        return hour_to_service(
            request, surroundings, unknown=dialect.NOT_YOUR_THERAPIST, only_move=True
        )
    practitioner_id = dialect.therapist_or_refusal(request.fields, dialect.NOT_YOUR_THERAPIST)
    return ServiceRequest(
        method="POST",
        path="/internal/v1/reschedule-tokens",
        json={"practitioner_id": practitioner_id, "days": LISTED_DAYS},
        is_internal=True,
    )


def _to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.code in _REFUSALS:
        return dialect.refusal_by_code(response, _REFUSALS)
    if names_an_hour(request.fields):
        return hour_to_legacy(response, request, surroundings)
    if not response.is_success:
        return dialect.general_refusal(response)
    given = body_of(response)
    instants = [instant_of(each) for each in list_of(given, "slots")]
    return dialect.success(
        time_token=text_of(given, "token"),
        psy_time_slots=grouped_labels(instants, surroundings.service_time_zone, surroundings.now),
    )


MOVE_APPOINTMENT = Translation(to_service=_to_service, to_legacy=_to_legacy)
