"""Appointments: booking, cancelling, noting attendance; moving stands in `reschedules`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking_service.domain.calendars import lock_client, lock_for_hour, practitioner_for_update
from booking_service.domain.care_relations import enter_care
from booking_service.domain.claims import (
    claim_for_appointment,
    free_appointment,
    free_client,
    make_way,
)
from booking_service.domain.offers import offered_hour
from booking_service.domain.slots import Hour
from booking_service.errors import (
    AppointmentAlreadyCancelled,
    AppointmentAlreadyMoved,
    AppointmentAlreadyStarted,
    HourAlreadyYours,
    PractitionerNotFound,
    StateChangeNotAllowed,
    TooLateToCancel,
    TooManyChanges,
    TooManyComing,
)
from booking_service.events.appointments import (
    CancellationReason,
    appointment_booked,
    appointment_cancelled,
)
from booking_service.models.appointments import (
    OPEN_STATES,
    Appointment,
    AppointmentChange,
    AppointmentState,
)
from booking_service.models.practitioners import Practitioner
from booking_service.models.tables import LocalizedText
from booking_service.queries.appointments import (
    appointment_visible_to,
    coming_appointments,
    coming_count,
    nth_last_booked_at,
)
from booking_service.queries.care_relations import current_relation_of
from shared.access_tokens import Identity
from shared.errors import NotAllowed
from shared.events.outbox import add_to_outbox

CHANGES_A_DAY = 20
CHANGES_WINDOW = timedelta(days=1)
ATTENDANCE = (AppointmentState.ARRIVED, AppointmentState.FULFILLED, AppointmentState.NOSHOW)


@dataclass(frozen=True, kw_only=True)
class BookAppointment:
    """Book an hour of a practitioner; only staff name a client."""

    practitioner_id: int
    starts_at: datetime
    client_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAppointment:
    """Cancel; the reason is kept for the two parties and staff."""

    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class NoteAttendance:
    """Say whether the client came."""

    state: AppointmentState


@dataclass(frozen=True, kw_only=True)
class AppointmentView:
    """An appointment as it leaves the transaction."""

    id: int
    practitioner_id: int
    practitioner_name: LocalizedText
    client_id: int
    starts_at: datetime
    ends_at: datetime
    state: str
    price_minor_units: int
    currency: str
    is_late_change: bool
    version: int
    rescheduled_to: int | None
    therapy_types: Sequence[str]
    session_minutes: int

    def is_coming(self, now: datetime) -> bool:
        """Tell whether it is open and not over."""
        return self.ends_at > now and self.state in OPEN_STATES

    @classmethod
    def of(cls, appointment: Appointment, practitioner: Practitioner) -> "AppointmentView":
        """Copy what may be shown."""
        return cls(
            id=appointment.id,
            practitioner_id=appointment.practitioner_id,
            practitioner_name=practitioner.shown_name,
            client_id=appointment.client_id,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            state=appointment.state,
            price_minor_units=appointment.price_minor_units,
            currency=appointment.currency,
            is_late_change=appointment.is_late_change,
            version=appointment.version,
            rescheduled_to=appointment.rescheduled_to,
            therapy_types=practitioner.therapy_types,
            session_minutes=appointment.session_minutes,
        )


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """One recorded change as it leaves the transaction."""

    appointment_id: int
    action: str
    from_state: str | None
    to_state: str
    changed_by: str
    actor_id: int
    reason: str | None
    is_late: bool
    changed_at: datetime

    @classmethod
    def of(cls, session: Session, change: AppointmentChange, client_id: int) -> "ChangeView":
        """Copy everything.

        Raises:
            TextUnreadable: the reason cannot be opened.
        """
        return cls(
            appointment_id=change.appointment_id,
            action=change.action,
            from_state=change.from_state,
            to_state=change.to_state,
            changed_by=change.changed_by,
            actor_id=change.actor_id,
            reason=change.told_reason(session, client_id),
            is_late=change.is_late,
            changed_at=change.changed_at,
        )


def book_appointment(
    session: Session,
    command: BookAppointment,
    *,
    actor: Identity,
    most_a_day: int,
    now: datetime,
) -> AppointmentView:
    """Book one free hour of a practitioner for a client; the first one begins the care relation.

    An hour somebody else has is refused first. Locks the practitioner's calendar, then the
    client's. Adds booking.appointment.booked.v1, and booking.care_relation.* when the therapist is
    new.

    Raises:
        NotAllowed: a client is named by somebody who is not staff, or staff name none.
        PractitionerNotFound: nobody is listed under that id for this client.
        HourNotOffered: outside the schedule, too soon, too far away or past.
        TooManyComing: the client has as many coming appointments there as are allowed.
        HourAlreadyYours: it is the client's own.
        SlotTaken: another appointment or hold has one of its cells.
        ClientBusy: the client sits in another appointment then.
        HasAnotherTherapist: appointments with another therapist are coming.
        TooManyChanges: a client has booked and moved as often as is allowed a day.
    """
    client_id = _client_of(command, actor)
    practitioner = lock_for_hour(
        session,
        practitioner_id=command.practitioner_id,
        client_id=client_id,
        starts_at=command.starts_at,
        now=now,
    )
    require_open_to(session, practitioner, client_id)
    refuse_own_hour(session, practitioner.id, client_id, command.starts_at, now=now)
    return AppointmentView.of(
        book_locked(
            session,
            practitioner,
            client_id=client_id,
            starts_at=command.starts_at,
            actor=actor,
            most_a_day=most_a_day,
            now=now,
        ),
        practitioner,
    )


def require_open_to(session: Session, practitioner: Practitioner, client_id: int) -> None:
    """Refuse a practitioner who is not listed, unless it is the client's present one; and anybody
    whose account is locked or no therapist's.

    Raises:
        PractitionerNotFound: neither, or locked.
    """
    if not practitioner.is_active:
        raise PractitionerNotFound
    if practitioner.is_published:
        return
    relation = current_relation_of(session, client_id)
    if relation is None or relation.practitioner_id != practitioner.id:
        raise PractitionerNotFound


def refuse_own_hour(
    session: Session, practitioner_id: int, client_id: int, starts_at: datetime, *, now: datetime
) -> None:
    """Refuse an hour that the client has with this practitioner.

    Raises:
        HourAlreadyYours: naming the appointment.
    """
    coming = coming_appointments(session, client_id, now, practitioner_id=practitioner_id)
    for each in coming:
        if each.starts_at == starts_at:
            raise HourAlreadyYours(appointment_id=each.id)


def refuse_too_many_changes(
    session: Session, client_id: int, *, actor: Identity, most_a_day: int, now: datetime
) -> None:
    """Let a client whose lock is held book and move only so often within 24 hours; what staff and
    therapists do for them does not count.

    Raises:
        TooManyChanges: until the oldest of them is a day old.
    """
    if actor.is_staff or actor.account_id != client_id:
        return
    oldest = nth_last_booked_at(session, client_id, most_a_day, since=now - CHANGES_WINDOW)
    if oldest is not None:
        wait = (oldest + CHANGES_WINDOW - now).total_seconds()
        raise TooManyChanges(retry_after_seconds=math.ceil(wait))


def book_locked(
    session: Session,
    practitioner: Practitioner,
    *,
    client_id: int,
    starts_at: datetime,
    actor: Identity,
    most_a_day: int,
    now: datetime,
) -> Appointment:
    """Book for a caller who holds both locks; see `book_appointment`."""
    refuse_too_many_changes(session, client_id, actor=actor, most_a_day=most_a_day, now=now)
    hour = offered_hour(session, practitioner, starts_at, now=now, is_staff=actor.is_staff)
    _check_coming(session, practitioner, client_id, actor, now)
    appointment = new_appointment(practitioner, client_id=client_id, hour=hour, now=now)
    take_hour(session, appointment, hour, now)
    enter_care(session, client_id=client_id, practitioner_id=practitioner.id, now=now)
    record_change(session, appointment, "booked", from_state=None, actor=actor, now=now)
    event = appointment_booked(appointment, practitioner, changed_by=side_of(actor, appointment))
    add_to_outbox(session, event)
    return appointment


def cancel_appointment(
    session: Session,
    appointment_id: int,
    command: CancelAppointment,
    *,
    actor: Identity,
    now: datetime,
) -> AppointmentView:
    """Cancel a coming appointment and free its hour; a client's late one is marked chargeable.

    Adds booking.appointment.cancelled.v1. The care relation stays.

    Raises:
        AppointmentNotFound: unknown, or somebody else's.
        AppointmentAlreadyCancelled, AppointmentAlreadyMoved, AppointmentAlreadyStarted: too late.
        TooLateToCancel: a client asks beyond the hard limit.
    """
    appointment, practitioner = appointment_for_update(session, actor, appointment_id)
    require_coming(appointment, now)
    if is_bound_by_limits(actor, appointment) and appointment.is_beyond_hard_limit(now):
        raise TooLateToCancel
    cancel_locked(session, appointment, practitioner, actor=actor, now=now, reason=command.reason)
    return AppointmentView.of(appointment, practitioner)


def cancel_locked(
    session: Session,
    appointment: Appointment,
    practitioner: Practitioner,
    *,
    actor: Identity,
    now: datetime,
    reason: str | None = None,
    reason_code: CancellationReason | None = None,
) -> None:
    """Cancel for a caller who holds both locks and has checked that it may be. `reason` is kept
    here; `reason_code` is what both sides are told.
    """
    before = appointment.state
    appointment.come_into(AppointmentState.CANCELLED)
    is_late = is_bound_by_limits(actor, appointment) and appointment.is_late(now)
    appointment.is_late_change = appointment.is_late_change or is_late  # an earlier one stays
    appointment.sequence += 1
    session.flush()
    free_appointment(session, appointment)
    record_change(
        session,
        appointment,
        "cancelled",
        from_state=before,
        actor=actor,
        now=now,
        reason=reason,
        is_late=is_late,
    )
    event = appointment_cancelled(
        appointment,
        practitioner,
        changed_by=side_of(actor, appointment),
        reason_code=reason_code,
    )
    add_to_outbox(session, event)


def note_attendance(
    session: Session,
    appointment_id: int,
    command: NoteAttendance,
    *,
    actor: Identity,
    now: datetime,
) -> AppointmentView:
    """Note that the client arrived, the hour was held, or nobody came; for the therapist and
    staff, once the hour has come.

    Raises:
        AppointmentNotFound: unknown, or somebody else's.
        NotAllowed: the client asks.
        StateChangeNotAllowed: not before the start, and only by a legal move.
    """
    appointment, practitioner = appointment_for_update(session, actor, appointment_id)
    if side_of(actor, appointment) == "client":
        raise NotAllowed
    if command.state not in ATTENDANCE or appointment.starts_at > now:
        raise StateChangeNotAllowed
    before = appointment.state
    appointment.come_into(command.state)
    session.flush()
    if command.state is AppointmentState.NOSHOW:
        free_client(session, appointment)
    record_change(session, appointment, "attendance", from_state=before, actor=actor, now=now)
    return AppointmentView.of(appointment, practitioner)


def appointment_for_update(
    session: Session, actor: Identity, appointment_id: int
) -> tuple[Appointment, Practitioner]:
    """Give an appointment the actor takes part in, with both calendars locked.

    Raises:
        AppointmentNotFound: unknown, or somebody else's.
    """
    seen = appointment_visible_to(session, actor, appointment_id)
    practitioner = practitioner_for_update(session, seen.practitioner_id)
    lock_client(session, seen.client_id)
    return appointment_visible_to(session, actor, appointment_id), practitioner


def require_coming(appointment: Appointment, now: datetime) -> None:
    """Refuse what can no longer be moved or cancelled.

    Raises:
        AppointmentAlreadyMoved: another one took its place.
        AppointmentAlreadyCancelled: it was cancelled.
        AppointmentAlreadyStarted: its hour has come.
    """
    if appointment.rescheduled_to is not None:
        raise AppointmentAlreadyMoved(rescheduled_to=appointment.rescheduled_to)
    if appointment.state == AppointmentState.CANCELLED:
        raise AppointmentAlreadyCancelled
    if appointment.starts_at <= now:
        raise AppointmentAlreadyStarted


def new_appointment(
    practitioner: Practitioner, *, client_id: int, hour: Hour, now: datetime
) -> Appointment:
    """Make a booked appointment with the price and policy of this moment."""
    return Appointment(
        practitioner_id=practitioner.id,
        client_id=client_id,
        starts_at=hour.starts_at,
        ends_at=hour.ends_at,
        state=AppointmentState.BOOKED.value,
        price_minor_units=practitioner.price_minor_units,
        currency=practitioner.currency,
        free_cancellation_minutes=practitioner.free_cancellation_minutes,
        hard_limit_minutes=practitioner.hard_limit_minutes,
        is_late_change=False,
        sequence=0,
        created_at=now,
    )


def take_hour(session: Session, appointment: Appointment, hour: Hour, now: datetime) -> None:
    """Write a new appointment and claim its cells; expired holds and the client's own make way.

    Raises:
        SlotTaken: another appointment or hold has one of its cells.
        ClientBusy: the client sits in another appointment then.
    """
    make_way(
        session,
        practitioner_id=appointment.practitioner_id,
        client_id=appointment.client_id,
        hour=hour,
        now=now,
    )
    session.add(appointment)
    session.flush()
    claim_for_appointment(session, appointment, hour)


def is_bound_by_limits(actor: Identity, appointment: Appointment) -> bool:
    """Tell whether the rules about late changes and hard limits hold: for the client only."""
    return not actor.is_staff and actor.account_id == appointment.client_id


def side_of(actor: Identity, appointment: Appointment) -> str:
    """Name the side that acts: staff, practitioner or client."""
    if actor.is_staff:
        return "staff"
    return "practitioner" if actor.account_id == appointment.practitioner_id else "client"


def record_change(
    session: Session,
    appointment: Appointment,
    action: str,
    *,
    from_state: str | None,
    actor: Identity,
    now: datetime,
    reason: str | None = None,
    is_late: bool = False,
) -> None:
    """Note who changed an appointment, when and why, and whether this change came late."""
    change = AppointmentChange(
        appointment_id=appointment.id,
        action=action,
        from_state=from_state,
        to_state=appointment.state,
        actor_id=actor.account_id,
        changed_by=side_of(actor, appointment),
        is_late=is_late,
        changed_at=now,
    )
    if reason is not None:
        change.tell_reason(session, appointment.client_id, reason, now=now)
    session.add(change)


def _client_of(command: BookAppointment, actor: Identity) -> int:
    if actor.is_staff:
        if command.client_id is None:
            raise NotAllowed("Staff book for a client, named by client_id.")
        return command.client_id
    if command.client_id not in (None, actor.account_id):
        raise NotAllowed
    return actor.account_id


def _check_coming(
    session: Session, practitioner: Practitioner, client_id: int, actor: Identity, now: datetime
) -> None:
    maximum = practitioner.maximum_coming_per_client
    if not actor.is_staff and coming_count(session, client_id, practitioner.id, now) >= maximum:
        raise TooManyComing(maximum=maximum)
