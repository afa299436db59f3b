"""Reading appointments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
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
from shared.pages import Page, PageWanted, Place, microseconds_of, moment_of, page_of

_COMING, _OTHERS = 0, 1
_Rows = Select[Appointment, Practitioner]
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
    page: PageWanted,
    filtering: Filtering | None = None,
) -> Page[tuple[Appointment, Practitioner]]:
    """Give a page of the appointments the caller takes part in, for staff all, with the
    practitioner. Its places: 0 for a coming one and 1 for another, the start, the id.

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
    rows: list[tuple[int, tuple[Appointment, Practitioner]]] = []
    for group in _groups(when, now):
        if page.after is not None and page.after[0] > group.number:
            continue
        reading = group.narrowed(wanted)
        if page.after is not None and page.after[0] == group.number:
            reading = reading.where(group.behind(page.after))
        found = session.execute(reading.limit(page.rows_to_read - len(rows))).all()
        rows.extend((group.number, row) for row in found)
        if len(rows) == page.rows_to_read:
            break
    numbered = page_of(rows, page, lambda each: _place_of(each[0], each[1][0]))
    return numbered.of([row for _, row in numbered.items])


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Appointments that stand in one order: coming ones by start, others newest first."""

    number: int
    conditions: tuple[ColumnElement[bool], ...]

    def narrowed(self, wanted: _Rows) -> _Rows:
        """Give these rows in their order."""
        wanted = wanted.where(*self.conditions)
        if self.number == _OTHERS:
            return wanted.order_by(Appointment.starts_at.desc(), Appointment.id.desc())
        return wanted.order_by(Appointment.starts_at, Appointment.id)

    def behind(self, place: Place) -> ColumnElement[bool]:
        """Give what holds for rows that follow a place."""
        starts_at, row_id = moment_of(place[1]), place[2]
        if self.number == _OTHERS:
            is_further = Appointment.starts_at < starts_at
            is_next = Appointment.id < row_id
        else:
            is_further = Appointment.starts_at > starts_at
            is_next = Appointment.id > row_id
        return or_(is_further, and_(Appointment.starts_at == starts_at, is_next))


def _groups(when: When, now: datetime) -> tuple[_Group, ...]:
    is_coming = _is_coming(now)
    if when is When.COMING:
        return (_Group(number=_COMING, conditions=(is_coming,)),)
    if when is When.PAST:
        begun = Appointment.starts_at <= now
        return (_Group(number=_OTHERS, conditions=(begun, not_(is_coming))),)
    if when is When.ALL:
        return (_Group(number=_OTHERS, conditions=()),)
    is_kept = Appointment.state != AppointmentState.CANCELLED
    return (
        _Group(number=_COMING, conditions=(is_kept, is_coming)),
        _Group(number=_OTHERS, conditions=(is_kept, not_(is_coming))),
    )


def _place_of(number: int, appointment: Appointment) -> Place:
    return number, microseconds_of(appointment.starts_at), appointment.id


def calendar_of(
    session: Session, practitioner_id: int, now: datetime, page: PageWanted
) -> Page[tuple[Appointment, Practitioner]]:
    """Give a page of a practitioner's open appointments that have not ended, by start; places as in
    `appointments_visible_to`.
    """
    (coming,) = _groups(When.COMING, now)
    wanted = coming.narrowed(_with_practitioner()).where(
        Appointment.practitioner_id == practitioner_id
    )
    if page.after is not None:
        wanted = wanted.where(coming.behind(page.after))
    rows = session.execute(wanted.limit(page.rows_to_read)).all()
    return page_of(rows, page, lambda row: _place_of(_COMING, row[0]))


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
