"""Leaving a therapist: the care relation ends, coming appointments are cancelled and freed, all in
one transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking_service.domain.appointments import cancel_locked
from booking_service.domain.calendars import lock_client, practitioner_for_update
from booking_service.domain.care_relations import end_relation
from booking_service.errors import CareRelationChanged, NoTherapistChosen, NotYourTherapist
from booking_service.events.appointments import CancellationReason
from booking_service.queries.appointments import coming_appointments
from booking_service.queries.care_relations import current_relation_of
from shared.access_tokens import Identity


@dataclass(frozen=True, kw_only=True)
class LeaveTherapist:
    """Leave the present therapist; reasons are numbers of the code list."""

    practitioner_id: int | None = None
    reasons: tuple[int, ...] = ()
    more_reasons: str | None = None
    wants_call: bool = False


@dataclass(frozen=True, kw_only=True)
class DepartureView:
    """What ended."""

    practitioner_id: int
    ended_at: datetime
    cancelled_appointments: int


def leave_therapist(
    session: Session, command: LeaveTherapist, *, client: Identity, now: datetime
) -> DepartureView:
    """End the client's present care relation, and cancel what has not begun with that therapist.

    Late ones are marked chargeable; a hard limit does not keep anybody with a therapist. Adds
    booking.appointment.cancelled.v1 for each and booking.care_relation.ended.v1.

    Raises:
        NoTherapistChosen: there is no present therapist.
        NotYourTherapist: the one named is somebody else.
        CareRelationChanged: it ended or changed while this was under way.
    """
    seen = current_relation_of(session, client.account_id)
    if seen is None:
        raise NoTherapistChosen
    if command.practitioner_id not in (None, seen.practitioner_id):
        raise NotYourTherapist
    practitioner = practitioner_for_update(session, seen.practitioner_id)
    lock_client(session, client.account_id)
    relation = current_relation_of(session, client.account_id)
    if relation is None:
        raise NoTherapistChosen
    if relation.practitioner_id != practitioner.id:
        raise CareRelationChanged
    coming = [
        each
        for each in coming_appointments(
            session, client.account_id, now, practitioner_id=practitioner.id
        )
        if each.starts_at > now
    ]
    for appointment in coming:
        cancel_locked(
            session,
            appointment,
            practitioner,
            actor=client,
            now=now,
            reason_code=CancellationReason.CLIENT_LEFT,
        )
    relation.tell_reasons(session, command.reasons, command.more_reasons, now=now)
    relation.wants_call = command.wants_call
    end_relation(session, relation, now)
    return DepartureView(
        practitioner_id=practitioner.id, ended_at=now, cancelled_appointments=len(coming)
    )
