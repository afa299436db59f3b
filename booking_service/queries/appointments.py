"""Reading appointments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select
from sqlalchemy.orm import Session

from booking_service.errors import AppointmentNotFound
from booking_service.models.appointments import (
    OPEN_STATES,
    Appointment,
    AppointmentChange,
    AppointmentState,
)
from booking_service.models.practitioners import Practitioner
from shared.access_tokens import Identity

MOST_LISTED = 500
_LONGEST = timedelta(days=1)
"""No appointment takes as long."""


class When(StrEnum):
    """Which appointments a list is about."""

    COMING = "coming"
    PAST = "past"
    KEPT = "kept"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Filtering:
    """Which of them: this client's, with this therapist, in this state, beginning from an instant
    on and before another one; None leaves all.
    """

    client_id: int | None = None
    practitioner_id: int | None = None
    state: AppointmentState | None = None
    begins_from: datetime | None = None
    begins_before: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Give what a row has to meet."""
        asked = (
            (self.client_id, Appointment.client_id.__eq__),
            (self.practitioner_id, Appointment.practitioner_id.__eq__),
            (self.state, Appointment.state.__eq__),
            (self.begins_from, Appointment.starts_at.__ge__),
            (self.begins_before, Appointment.starts_at.__lt__),
        )
        return [compared(value) for value, compared in asked if value is not None]


def appointment_visible_to(
    session: Session, identity: Identity, appointment_id: int
) -> Appointment:
    """Give an appointment the caller takes part in, any for staff.

    Raises:
        AppointmentNotFound: unknown, or somebody else's.
    """
    found = session.get(Appointment, appointment_id, populate_existing=True)
    if found is None or not (
        identity.is_staff or identity.account_id in (found.client_id, found.practitioner_id)
    ):
        raise AppointmentNotFound
    return found


def appointments_visible_to(
    session: Session,
    identity: Identity,
    when: When,
    now: datetime,
    *,
    filtering: Filtering | None = None,
) -> Sequence[tuple[Appointment, Practitioner]]:
    """Give at most 500 appointments the caller takes part in, for staff all, with the practitioner.

    Coming ones (open, not over yet) by start; past ones (begun, not coming) and all newest first.
    Kept ones are neither cancelled nor moved away: coming ones by start, then the others newest
    first.
    """
    wanted = _with_practitioner()
    if not identity.is_staff:
        wanted = wanted.where(
            or_(
                Appointment.client_id == identity.account_id,
                Appointment.practitioner_id == identity.account_id,
            )
        )
    wanted = wanted.where(*(filtering or Filtering()).conditions)
    if when is When.COMING:
        wanted = wanted.where(_is_coming(now)).order_by(Appointment.starts_at, Appointment.id)
    elif when is When.KEPT:
        begins_later = case((_is_coming(now), Appointment.starts_at))
        wanted = wanted.where(Appointment.state != AppointmentState.CANCELLED).order_by(
            begins_later.asc().nulls_last(), Appointment.starts_at.desc(), Appointment.id.desc()
        )
    else:
        wanted = wanted.order_by(Appointment.starts_at.desc(), Appointment.id.desc())
    if when is When.PAST:
        wanted = wanted.where(Appointment.starts_at <= now, not_(_is_coming(now)))
    return session.execute(wanted.limit(MOST_LISTED)).all()


def calendar_of(
    session: Session, practitioner_id: int, now: datetime
) -> Sequence[tuple[Appointment, Practitioner]]:
    """Give a practitioner's open appointments that have not ended, by start, at most 500."""
    wanted = _with_practitioner().where(
        Appointment.practitioner_id == practitioner_id, _is_coming(now)
    )
    rows = wanted.order_by(Appointment.starts_at, Appointment.id).limit(MOST_LISTED)
    return session.execute(rows).all()


def coming_appointments(
    session: Session, client_id: int, now: datetime, *, practitioner_id: int | None = None
) -> Sequence[Appointment]:
    """Give a client's coming appointments by start, with one practitioner or with all; one that has
    begun is coming until it is over.
    """
    wanted = select(Appointment).where(_is_coming(now), Appointment.client_id == client_id)
    if practitioner_id is not None:
        wanted = wanted.where(Appointment.practitioner_id == practitioner_id)
    fresh = wanted.order_by(Appointment.starts_at).execution_options(populate_existing=True)
    return session.execute(fresh).scalars().all()


def cancellable_with(
    session: Session, practitioner_id: int, now: datetime
) -> Sequence[Appointment]:
    """Give a practitioner's appointments that have not begun, by start."""
    wanted = (
        select(Appointment)
        .where(
            _is_coming(now),
            Appointment.starts_at > now,
            Appointment.state != AppointmentState.ARRIVED,
            Appointment.practitioner_id == practitioner_id,
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .execution_options(populate_existing=True)
    )
    return session.execute(wanted).scalars().all()


def coming_count(session: Session, client_id: int, practitioner_id: int, now: datetime) -> int:
    """Count a client's coming appointments with a practitioner."""
    counting = select(func.count(Appointment.id)).where(
        _is_coming(now),
        Appointment.client_id == client_id,
        Appointment.practitioner_id == practitioner_id,
    )
    return session.execute(counting).scalar_one()


def nth_last_booked_at(
    session: Session, client_id: int, number: int, *, since: datetime
) -> datetime | None:
    """Give the moment of the number-th last booking or move a client made after an instant; None
    when they made fewer.
    """
    wanted = (
        select(AppointmentChange.changed_at)
        .join(Appointment, Appointment.id == AppointmentChange.appointment_id)
        .where(
            Appointment.client_id == client_id,
            Appointment.created_at > since,
            AppointmentChange.action == "booked",
            AppointmentChange.actor_id == client_id,
        )
        .order_by(AppointmentChange.changed_at.desc())
        .offset(number - 1)
        .limit(1)
    )
    return session.execute(wanted).scalar_one_or_none()


def is_had_by_another(
    session: Session, practitioner_id: int, client_id: int, starts_at: datetime, now: datetime
) -> bool:
    """Tell whether an appointment of another client with a listed practitioner will begin at an
    instant.
    """
    wanted = (
        select(Appointment.id)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .where(
            _is_coming(now),
            Appointment.starts_at > now,
            Appointment.practitioner_id == practitioner_id,
            Appointment.starts_at == starts_at,
            Appointment.client_id != client_id,
            Practitioner.is_published,
        )
    )
    return session.execute(wanted.limit(1)).first() is not None


def changes_of(session: Session, appointment: Appointment) -> Sequence[AppointmentChange]:
    """Give every change along the chain of appointments that replaced one another, oldest first."""
    chain = select(Appointment.id).where(
        or_(
            Appointment.id == appointment.chain_id,
            Appointment.first_appointment_id == appointment.chain_id,
        )
    )
    changes = select(AppointmentChange).where(AppointmentChange.appointment_id.in_(chain))
    return session.execute(changes.order_by(AppointmentChange.id)).scalars().all()


def _with_practitioner() -> Select[Appointment, Practitioner]:
    return select(Appointment, Practitioner).join(
        Practitioner, Practitioner.id == Appointment.practitioner_id
    )


def _is_coming(now: datetime) -> ColumnElement[bool]:
    return and_(
        Appointment.starts_at > now - _LONGEST,  # so that an index leads to it
        Appointment.ends_at > now,
        Appointment.state.in_(OPEN_STATES),
    )
