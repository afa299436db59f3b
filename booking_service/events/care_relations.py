"""What is announced of care relations: who is whose therapist, never why one was left."""

from booking_service.models.care_relations import CareRelation
from shared.clock import instant_text
from shared.events.envelope import Event


def care_relation_started(relation: CareRelation) -> Event:
    """Say that a client has a therapist now."""
    return Event(
        type="booking.care_relation.started.v1",
        subject=f"client/{relation.client_id}",
        data=_relation(relation),
    )


def care_relation_ended(relation: CareRelation) -> Event:
    """Say that a client has left a therapist."""
    data = _relation(relation)
    if relation.ended_at is not None:
        data["ended_at"] = instant_text(relation.ended_at)
    return Event(
        type="booking.care_relation.ended.v1", subject=f"client/{relation.client_id}", data=data
    )


def _relation(relation: CareRelation) -> dict[str, object]:
    return {
        "care_relation_id": relation.id,
        "client_id": relation.client_id,
        "practitioner_id": relation.practitioner_id,
        "started_at": instant_text(relation.started_at),
        "version": relation.version,
    }
