"""When a practitioner works: weekly hours and dated overrides in the practitioner's zone, absences
as instants. Free slots are never stored.
"""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class WeeklyHours(Model):
    """One stretch of a weekday (Monday is 0), in minutes of the wall clock from midnight."""

    __tablename__ = "weekly_hours"

    practitioner_id: Mapped[int] = mapped_column(
        IDENTIFIER, ForeignKey("practitioners.id"), primary_key=True, autoincrement=False
    )
    weekday: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    starts_minute: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ends_minute: Mapped[int] = mapped_column(Integer)


class ScheduleOverride(Model):
    """What holds on one date instead of the weekly hours: pairs of minutes; none is a day off."""

    __tablename__ = "schedule_overrides"

    practitioner_id: Mapped[int] = mapped_column(
        IDENTIFIER, ForeignKey("practitioners.id"), primary_key=True, autoincrement=False
    )
    date: Mapped[date] = mapped_column(Date, primary_key=True)
    hours: Mapped[list[list[int]]] = mapped_column(JSON)


class Absence(Model):
    """A time the practitioner is away, whatever the schedule says."""

    __tablename__ = "absences"
    __table_args__ = (
        Index("ix_absences_practitioner_id_ends_at", "practitioner_id", "ends_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, ForeignKey("practitioners.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(500))
