"""Moving an appointment: an atomic swap in which the old hour is freed only by the transaction that
wins the new one; and the tokens that announce a move.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking_service.domain.appointments import (
    AppointmentView,
    appointment_for_update,
    is_bound_by_limits,
    new_appointment,
    record_change,
    refuse_own_hour,
    refuse_too_many_changes,
    require_coming,
    side_of,
    take_hour,
)
from booking_service.domain.claims import free_appointment
from booking_service.domain.offers import offered_hour
from booking_service.domain.practitioners import lengths_of
from booking_service.domain.slots import Hour
from booking_service.errors import (
    AlreadyAtThisHour,
    PractitionerNotFound,
    RescheduleTokenInvalid,
    TooLateToMove,
)
from booking_service.events.appointments import appointment_moved
from booking_service.models.appointments import Appointment, AppointmentState
from booking_service.models.practitioners import Practitioner
from booking_service.models.reschedule_tokens import RescheduleToken
from booking_service.queries.appointments import appointment_visible_to
from shared.access_tokens import Identity
from shared.events.outbox import add_to_outbox

TOKEN_MINUTES = 10


@dataclass(frozen=True, kw_only=True)
class MoveAppointment:
    """Move to another hour of the same practitioner; a token that is sent must be good."""

    starts_at: datetime
    reschedule_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class RescheduleTokenView:
    """A token as it is handed out, once, and whose appointment it moves."""

    token: str
    expires_at: datetime
    client_id: int


def move_appointment(
    session: Session,
    appointment_id: int,
    command: MoveAppointment,
    *,
    actor: Identity,
    most_a_day: int,
    now: datetime,
) -> AppointmentView:
    """Move a coming appointment to another free hour; give the new appointment.

    Adds booking.appointment.moved.v1.

    Raises:
        AppointmentNotFound: unknown, or somebody else's.
        AppointmentAlreadyCancelled, AppointmentAlreadyMoved, AppointmentAlreadyStarted: too late.
        PractitionerNotFound: the therapist is none any longer.
        RescheduleTokenInvalid: the token sent is unknown, used, expired or another's.
        AlreadyAtThisHour: it is there already.
        HourAlreadyYours: another appointment of the two is there.
        TooManyChanges: a client has booked and moved as often as is allowed a day.
        TooLateToMove: a client asks beyond the hard limit.
        HourNotOffered, SlotTaken, ClientBusy: the new hour cannot be had; the old one stays.
    """
    appointment, practitioner = appointment_for_update(session, actor, appointment_id)
    require_coming(appointment, now)
    if not practitioner.is_active:
        raise PractitionerNotFound
    if command.reschedule_token is not None:
        use_token(session, command.reschedule_token, appointment, now=now)
    if appointment.starts_at == command.starts_at:
        raise AlreadyAtThisHour
    refuse_own_hour(session, practitioner.id, appointment.client_id, command.starts_at, now=now)
    moved = move_locked(
        session,
        appointment,
        practitioner,
        starts_at=command.starts_at,
        actor=actor,
        most_a_day=most_a_day,
        now=now,
    )
    return AppointmentView.of(moved, practitioner)


def move_locked(
    session: Session,
    previous: Appointment,
    practitioner: Practitioner,
    *,
    starts_at: datetime,
    actor: Identity,
    most_a_day: int,
    now: datetime,
) -> Appointment:
    """Swap hours for a caller who holds both locks and has checked that `previous` has not begun.

    Length, price and policy of the first booking go along. A client's late move is marked on both;
    the mark of an earlier one stays.
    """
    refuse_too_many_changes(
        session, previous.client_id, actor=actor, most_a_day=most_a_day, now=now
    )
    hour = offered_hour(
        session,
        practitioner,
        starts_at,
        now=now,
        is_staff=actor.is_staff,
        lengths=lengths_of(practitioner, previous.session_minutes),
    )
    is_bound = is_bound_by_limits(actor, previous)
    if is_bound and previous.is_beyond_hard_limit(now):
        raise TooLateToMove
    free_appointment(session, previous)
    appointment = _successor(previous, practitioner, hour, now)
    is_late = is_bound and previous.is_late(now)
    appointment.is_late_change = previous.is_late_change or is_late
    take_hour(session, appointment, hour, now)
    before = previous.state
    previous.come_into(AppointmentState.CANCELLED)
    previous.rescheduled_to = appointment.id
    previous.is_late_change = appointment.is_late_change
    session.flush()
    record_change(
        session, previous, "moved", from_state=before, actor=actor, now=now, is_late=is_late
    )
    record_change(session, appointment, "booked", from_state=None, actor=actor, now=now)
    event = appointment_moved(
        previous, appointment, practitioner, changed_by=side_of(actor, appointment)
    )
    add_to_outbox(session, event)
    return appointment


def issue_token(
    session: Session, appointment_id: int, *, token: str, actor: Identity, now: datetime
) -> RescheduleTokenView:
    """Keep the hash of a random token for moving an appointment; nothing is held.

    Raises:
        AppointmentNotFound: unknown, or somebody else's.
        AppointmentAlreadyCancelled, AppointmentAlreadyMoved, AppointmentAlreadyStarted: too late.
    """
    appointment = appointment_visible_to(session, actor, appointment_id)
    require_coming(appointment, now)
    return keep_token(session, appointment, token=token, now=now)


def keep_token(
    session: Session, appointment: Appointment, *, token: str, now: datetime
) -> RescheduleTokenView:
    """Keep the hash of a token for an appointment that is coming."""
    expires_at = now + timedelta(minutes=TOKEN_MINUTES)
    session.add(
        RescheduleToken(
            token_hash=_hash_of(token),
            client_id=appointment.client_id,
            practitioner_id=appointment.practitioner_id,
            appointment_id=appointment.id,
            appointment_version=appointment.version,
            expires_at=expires_at,
        )
    )
    session.flush()
    return RescheduleTokenView(token=token, expires_at=expires_at, client_id=appointment.client_id)


def use_token(
    session: Session, token: str, appointment: Appointment | None, *, now: datetime
) -> None:
    """Use a token up for the appointment it stands for; undone with the transaction.

    Raises:
        RescheduleTokenInvalid: unknown, used, expired, or for something else.
    """
    if appointment is None:
        raise RescheduleTokenInvalid
    used = session.execute(
        delete(RescheduleToken)
        .where(
            RescheduleToken.token_hash == _hash_of(token),
            RescheduleToken.client_id == appointment.client_id,
            RescheduleToken.practitioner_id == appointment.practitioner_id,
            RescheduleToken.appointment_id == appointment.id,
            RescheduleToken.appointment_version == appointment.version,
            RescheduleToken.expires_at > now,
        )
        .returning(RescheduleToken.token_hash)
    )
    if used.first() is None:
        raise RescheduleTokenInvalid


def _successor(
    previous: Appointment, practitioner: Practitioner, hour: Hour, now: datetime
) -> Appointment:
    made = new_appointment(practitioner, client_id=previous.client_id, hour=hour, now=now)
    made.price_minor_units = previous.price_minor_units
    made.currency = previous.currency
    made.free_cancellation_minutes = previous.free_cancellation_minutes
    made.hard_limit_minutes = previous.hard_limit_minutes
    made.first_appointment_id = previous.chain_id
    made.sequence = previous.sequence + 1
    return made


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
