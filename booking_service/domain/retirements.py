"""Therapists who are none any longer: their account was locked, or lost the role. Clients cannot
come, so what is coming is cancelled and everybody is told.
"""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking_service.domain.appointments import cancel_locked
from booking_service.domain.calendars import lock_client
from booking_service.domain.care_relations import end_relation
from booking_service.domain.practitioners import withdraw_practitioner
from booking_service.events.appointments import CancellationReason
from booking_service.models.holds import Hold
from booking_service.models.practitioners import Practitioner
from booking_service.queries.appointments import cancellable_with
from booking_service.queries.care_relations import active_relations
from shared.access_tokens import Identity

THE_PLATFORM = Identity(
    account_id=0, role="moderator", login_session_id="", is_verified=True, expires_at=0, key_id=""
)
"""Stands for the staff member who locked the account or took the role; auth knows who it was."""


def retire_practitioner(
    session: Session, practitioner: Practitioner, *, is_for_good: bool, now: datetime
) -> None:
    """Take a locked practitioner off the list, drop holds, and cancel and free what has not begun;
    `is_for_good` (the role is gone) also ends the care relations. Done again it changes nothing.

    Adds booking.practitioner.withdrawn.v1, booking.appointment.cancelled.v1 and
    booking.care_relation.ended.v1.
    """
    practitioner.is_active = False
    withdraw_practitioner(session, practitioner.id)
    session.execute(
        delete(Hold)
        .where(Hold.practitioner_id == practitioner.id)
        .execution_options(synchronize_session=False)
    )
    coming = cancellable_with(session, practitioner.id, now)
    relations = (
        active_relations(session, client_id=None, practitioner_id=practitioner.id)
        if is_for_good
        else []
    )
    clients = {each.client_id for each in coming} | {each.client_id for each in relations}
    for client_id in sorted(clients):
        lock_client(session, client_id)
    for appointment in cancellable_with(session, practitioner.id, now):
        cancel_locked(
            session,
            appointment,
            practitioner,
            actor=THE_PLATFORM,
            now=now,
            reason_code=CancellationReason.PRACTITIONER_UNAVAILABLE,
        )
    for relation in relations:
        session.refresh(relation)
        if relation.ended_at is None:
            end_relation(session, relation, now)
