"""The practitioner: a therapist's public record and the rules of booking with them."""

from datetime import datetime, timedelta

from sqlalchemy import Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import (
    LOCALIZED,
    CodeNumbers,
    CodeWords,
    LocalizedText,
    Model,
)
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Practitioner(Model):
    """One therapist; `id` is the account's id.

    `name` is what staff wrote; where it is null, `account_name` (a copy of auth's) is shown.
    `is_active` is what auth last told: the account is a therapist's and nobody has locked it. The
    row is also the lock of the therapist's calendar.
    """

    __tablename__ = "practitioners"
    __table_args__ = (Index("ix_practitioners_is_published_id", "is_published", "id"),)

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    account_name: Mapped[str] = mapped_column(String(200))
    name: Mapped[LocalizedText | None] = mapped_column(LOCALIZED)
    information: Mapped[LocalizedText] = mapped_column(LOCALIZED)
    education: Mapped[LocalizedText] = mapped_column(LOCALIZED)
    therapy_types: Mapped[tuple[str, ...]] = mapped_column(CodeWords)
    methods: Mapped[tuple[int, ...]] = mapped_column(CodeNumbers)
    topics: Mapped[tuple[int, ...]] = mapped_column(CodeNumbers)
    languages: Mapped[tuple[str, ...]] = mapped_column(CodeWords)
    gender: Mapped[str] = mapped_column(String(8))
    session_minutes: Mapped[int] = mapped_column(Integer)
    price_minor_units: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(64))
    is_published: Mapped[bool] = mapped_column(Boolean)
    is_active: Mapped[bool] = mapped_column(Boolean)
    minimum_notice_minutes: Mapped[int] = mapped_column(Integer)
    free_cancellation_minutes: Mapped[int] = mapped_column(Integer)
    hard_limit_minutes: Mapped[int | None] = mapped_column(Integer)
    booking_window_days: Mapped[int] = mapped_column(Integer)
    buffer_minutes: Mapped[int] = mapped_column(Integer)
    maximum_coming_per_client: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}

    @property
    def shown_name(self) -> LocalizedText:
        """Give the name as the public record shows it; never empty."""
        return self.name or self.account_name or f"Therapist {self.id}"

    def earliest_start(self, now: datetime) -> datetime:
        """Give the first instant a client may still book."""
        return now + timedelta(minutes=self.minimum_notice_minutes)

    def latest_start(self, now: datetime) -> datetime:
        """Give the instant at which the booking window ends; it is outside."""
        return now + timedelta(days=self.booking_window_days)
