"""Holds: hours a client keeps for a few minutes while choosing."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Hold(Model):
    """One held hour. At `expires_at` it no longer counts, whether or not the row still stands."""

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_practitioner_id_expires_at", "practitioner_id", "expires_at"),
        Index("ix_holds_client_id", "client_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, ForeignKey("practitioners.id"))
    client_id: Mapped[int] = mapped_column(IDENTIFIER)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
