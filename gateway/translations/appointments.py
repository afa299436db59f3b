"""The client's appointments (M11)."""

from datetime import datetime, timedelta

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
from gateway.translations.service_answers import View, instant_of, items_of, number_of, text_of
from gateway.translations.slot_labels import single_label
from shared.clock import instant_text

_OPEN_STATES = ("proposed", "pending", "booked", "arrived")


def _list_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    query = {"when": "kept", "locale": request.locale}
    return ServiceRequest(method="GET", path="/api/v1/appointments", query=query)


def _list_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if not response.is_success:
        return dialect.general_refusal(response)
    kept = [each for each in items_of(response) if _is_kept(each)]
    coming = [each for each in kept if _is_coming(each, surroundings.now)]
    past = [each for each in kept if not _is_coming(each, surroundings.now)]
    ordered = [*sorted(coming, key=_starts_at), *sorted(past, key=_starts_at, reverse=True)]
    return dialect.success(data=[_shown(each, surroundings) for each in ordered])


def _is_kept(appointment: View) -> bool:
    """Tell whether it is neither cancelled nor moved away."""
    return appointment.get("state") != "cancelled" and appointment.get("rescheduled_to") is None


def _is_coming(appointment: View, now: datetime) -> bool:
    """Tell whether it is neither over nor settled: one that has begun is coming until its end."""
    ends_at = _starts_at(appointment) + timedelta(minutes=number_of(appointment, "session_minutes"))
    return ends_at > now and appointment.get("state") in _OPEN_STATES


def _starts_at(appointment: View) -> datetime:
    return instant_of(appointment.get("starts_at"))


def _shown(appointment: View, surroundings: Surroundings) -> dict[str, JsonValue]:
    starts_at = _starts_at(appointment)
    return {
        **offer(
            appointment,
            surroundings,
            id_member="practitioner_id",
            name_member="practitioner_name",
        ),
        "psy_time_slots": single_label(starts_at, surroundings.service_time_zone, surroundings.now),
        "starts_at": instant_text(starts_at),
        "state": text_of(appointment, "state"),
    }


LIST_APPOINTMENTS = Translation(to_service=_list_to_service, to_legacy=_list_to_legacy)
