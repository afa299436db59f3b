"""The therapist list of `matching` (M4, and M5 with only a session)."""

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
from gateway.translations.practitioners import offer
from gateway.translations.service_answers import View, instant_of, items_of, list_of, view_of
from gateway.translations.slot_labels import grouped_labels

LISTED_DAYS = 28
LISTED_THERAPISTS = 50


def list_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    """Ask for the therapists who fit, with their free hours."""
    query = {
        "days": str(LISTED_DAYS),
        "limit": str(LISTED_THERAPISTS),
        "whole_hours_in": surroundings.service_time_zone.key,
        "locale": request.locale,
    }
    return ServiceRequest(method="GET", path="/api/v1/matches", query=query)


def list_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    """List them in the order given; one whose only full hour is the second of a day on which the
    clock is put back has none this dialect can show, and is left out.
    """
    if not response.is_success:
        return dialect.general_refusal(response)
    listed = [_listed(each, request, surroundings) for each in items_of(response)]
    return dialect.success(data=[each for each in listed if each["psy_time_slots"]])


def _listed(
    match: View, request: LegacyRequest, surroundings: Surroundings
) -> dict[str, JsonValue]:
    practitioner = view_of(match.get("practitioner"))
    instants = [instant_of(each) for each in list_of(match, "slots")]
    return {
        **offer(practitioner, surroundings),
        "psy_info": practitioner.get("information") or "",
        "psy_edu": practitioner.get("education") or "",
        "psy_time_slots": grouped_labels(
            instants, surroundings.service_time_zone, surroundings.now
        ),
    }


LIST_THERAPISTS = Translation(to_service=list_to_service, to_legacy=list_to_legacy)
