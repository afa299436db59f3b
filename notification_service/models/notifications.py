"""The notification: one fact told to one person in the app."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notification_service.models.tables import Model
from shared.database import UtcDateTime


class Notification(Model):
    """One event told to one person, at most once.

    `parameters` is JSON of what the text of `kind` needs. A deleted one stays as a mark without
    parameters, so that an event published again does not bring it back. What tells of a message
    names it and its conversation.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("recipient_id", "event_id"),
        Index("ix_notifications_recipient_id_created_at", "recipient_id", "created_at", "id"),
        Index(
            "ix_notifications_conversation_id_recipient_id_message_id",
            "conversation_id",
            "recipient_id",
            "message_id",
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[str] = mapped_column(Text)
    conversation_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
