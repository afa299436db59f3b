"""Reschedule tokens: what a client was handed to move one appointment with; only its hash is
here.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class RescheduleToken(Model):
    """One token, bound to client, practitioner and the appointment's version. Using it deletes
    it.
    """

    __tablename__ = "reschedule_tokens"
    __table_args__ = (Index("ix_reschedule_tokens_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[int] = mapped_column(IDENTIFIER)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER)
    appointment_id: Mapped[int] = mapped_column(IDENTIFIER, ForeignKey("appointments.id"))
    appointment_version: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
