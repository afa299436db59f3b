"""Calendars: how often what decides a practitioner's free hours has changed.

Triggers of the database keep the table, so that no writer can forget it, one of the previous
release or a person at a prompt included: whatever is written to `claims`, `holds`, `weekly_hours`,
`schedule_overrides`, `absences` or `practitioners` moves the version in the same transaction.
"""

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.tables import IDENTIFIER


class Calendar(Model):
    """One practitioner's version, which only grows.

    `changed_in` orders changes by when they can have become visible: on PostgreSQL it is the
    transaction's number, on SQLite (one writer at a time) a count of all changes.
    """

    __tablename__ = "calendars"
    __table_args__ = (Index("ix_calendars_changed_in", "changed_in"),)

    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    changed_in: Mapped[int] = mapped_column(BigInteger)
