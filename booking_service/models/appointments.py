"""Appointments, their states, the moves between states, and the record of every change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking_service.errors import StateChangeNotAllowed
from booking_service.models.data_keys import Place, open_for, seal_for
from booking_service.models.tables import Model
from shared.clock import instant_text
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class AppointmentState(StrEnum):
    """Where an appointment stands. One that was moved is cancelled and names its successor."""

    PROPOSED = "proposed"
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"


LEGAL_MOVES: Final[Mapping[AppointmentState, frozenset[AppointmentState]]] = MappingProxyType(
    {
        AppointmentState.PROPOSED: frozenset(
            {AppointmentState.PENDING, AppointmentState.BOOKED, AppointmentState.CANCELLED}
        ),
        AppointmentState.PENDING: frozenset({AppointmentState.BOOKED, AppointmentState.CANCELLED}),
        AppointmentState.BOOKED: frozenset(
            {AppointmentState.ARRIVED, AppointmentState.CANCELLED, AppointmentState.NOSHOW}
        ),
        AppointmentState.ARRIVED: frozenset({AppointmentState.FULFILLED}),
        AppointmentState.FULFILLED: frozenset(),
        AppointmentState.CANCELLED: frozenset(),
        AppointmentState.NOSHOW: frozenset(),
    }
)

OPEN_STATES: Final = (
    AppointmentState.PROPOSED,
    AppointmentState.PENDING,
    AppointmentState.BOOKED,
    AppointmentState.ARRIVED,
)


class Appointment(Model):
    """One hour of one client with one practitioner.

    Price and policy are those the client was shown when booking. `sequence` grows along the chain
    of appointments that replace one another; `first_appointment_id` names the chain's beginning.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_client_id_starts_at", "client_id", "starts_at"),
        Index("ix_appointments_practitioner_id_starts_at", "practitioner_id", "starts_at"),
        Index("ix_appointments_first_appointment_id", "first_appointment_id"),
        Index("ix_appointments_starts_at_id", "starts_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, ForeignKey("practitioners.id"))
    client_id: Mapped[int] = mapped_column(IDENTIFIER)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    price_minor_units: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3))
    free_cancellation_minutes: Mapped[int] = mapped_column(Integer)
    hard_limit_minutes: Mapped[int | None] = mapped_column(Integer)
    is_late_change: Mapped[bool] = mapped_column(Boolean)
    rescheduled_to: Mapped[int | None] = mapped_column(IDENTIFIER, ForeignKey("appointments.id"))
    first_appointment_id: Mapped[int | None] = mapped_column(
        IDENTIFIER, ForeignKey("appointments.id")
    )
    sequence: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}

    @property
    def chain_id(self) -> int:
        """Give the id of the first appointment of those that replace one another."""
        return self.first_appointment_id or self.id

    @property
    def calendar_uid(self) -> str:
        """Give the UID of the calendar entry, the same along the chain."""
        return f"appointment-{self.chain_id}@hearth"

    @property
    def session_minutes(self) -> int:
        """Give how long it takes, as it was booked."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    def is_late(self, now: datetime) -> bool:
        """Tell whether a change now comes later than is free."""
        return now > self.starts_at - timedelta(minutes=self.free_cancellation_minutes)

    def is_beyond_hard_limit(self, now: datetime) -> bool:
        """Tell whether only staff may change it now."""
        if self.hard_limit_minutes is None:
            return False
        return now > self.starts_at - timedelta(minutes=self.hard_limit_minutes)

    def come_into(self, state: AppointmentState) -> None:
        """Change the state by a legal move.

        Raises:
            StateChangeNotAllowed: there is no such move.
        """
        if state not in LEGAL_MOVES[AppointmentState(self.state)]:
            raise StateChangeNotAllowed
        self.state = state.value


class AppointmentChange(Model):
    """Who changed an appointment, when and why; rows are only ever added. `reason` stands in clear
    only where an earlier release wrote it.
    """

    __tablename__ = "appointment_changes"
    __table_args__ = (
        Index("ix_appointment_changes_appointment_id", "appointment_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(IDENTIFIER, ForeignKey("appointments.id"))
    action: Mapped[str] = mapped_column(String(12))
    from_state: Mapped[str | None] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[int] = mapped_column(IDENTIFIER)
    changed_by: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(500))
    is_late: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)

    def tell_reason(self, session: Session, client_id: int, reason: str, *, now: datetime) -> None:
        """Keep sealed why it was done, with the key of the appointment's client."""
        self.sealed_reason = seal_for(session, client_id, reason, self._place, now=now)
        self.reason = None

    def told_reason(self, session: Session, client_id: int) -> str | None:
        """Give why it was done, if anybody said.

        Raises:
            TextUnreadable: it was changed or moved.
        """
        if self.sealed_reason is None:
            return self.reason
        return open_for(session, client_id, self.sealed_reason, self._place)

    @property
    def _place(self) -> Place:
        return Place(
            table="appointment_changes",
            row=f"{self.appointment_id}:{self.action}",
            column="sealed_reason",
            facts=(str(self.actor_id), instant_text(self.changed_at)),
        )
