"""A therapist's free hours (M9)."""

from datetime import timedelta

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
from gateway.translations.service_answers import instant_of, items_of
from gateway.translations.slot_labels import grouped_labels
from shared.clock import instant_text

_REFUSALS = {
    "practitioner_not_found": dialect.UNKNOWN_THERAPIST,
}


def _list_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    practitioner_id = dialect.therapist_or_refusal(request.fields)
    until = surroundings.now + timedelta(days=LISTED_DAYS)
    return ServiceRequest(
        method="GET",
        path=f"/api/v1/practitioners/{practitioner_id}/slots",
        query={"from": instant_text(surroundings.now), "until": instant_text(until)},
    )


def _list_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.refusal_by_code(response, _REFUSALS)
    instants = [instant_of(each.get("starts_at")) for each in items_of(response)]
    return dialect.success(
        psy_time_slots=grouped_labels(instants, surroundings.service_time_zone, surroundings.now)
    )


LIST_FREE_HOURS = Translation(to_service=_list_to_service, to_legacy=_list_to_legacy)
