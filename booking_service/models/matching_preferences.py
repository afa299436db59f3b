"""Matching preferences: what a client looks for in a therapist."""

from datetime import datetime

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import IDENTIFIER, CodeNumbers, Model
from shared.database import UtcDateTime


class MatchingPreferences(Model):
    """One client's wishes; replaced as a whole."""

    __tablename__ = "matching_preferences"

    client_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    age: Mapped[int] = mapped_column(Integer)
    has_experience: Mapped[bool] = mapped_column(Boolean)
    therapy_type: Mapped[str] = mapped_column(String(16))
    topics: Mapped[tuple[int, ...]] = mapped_column(CodeNumbers)
    preferred_gender: Mapped[str] = mapped_column(String(8))
    time_preference: Mapped[str] = mapped_column(String(16))
    preferred_hour: Mapped[int | None] = mapped_column(Integer)
    price_band: Mapped[int] = mapped_column(Integer)
    language: Mapped[str | None] = mapped_column(String(8))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
