"""The conversation of a client and a therapist, with how far each has read."""

from datetime import datetime

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Conversation(Model):
    """One pair, for good: another therapist is another conversation.

    Positions count the messages of the conversation from 1; a read position names the last one
    that side has read.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("client_id", "practitioner_id"),
        Index(None, "practitioner_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    client_id: Mapped[int] = mapped_column(IDENTIFIER)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER)
    last_position: Mapped[int] = mapped_column(Integer)
    client_read_position: Mapped[int] = mapped_column(Integer)
    practitioner_read_position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def next_position(self, now: datetime) -> int:
        """Count one more message and give its position."""
        self.last_position += 1
        self.last_message_at = now
        return self.last_position

    def not_before_the_last(self, now: datetime) -> datetime:
        """Give the moment of the next message: a clock that was set back, or another host's that
        is behind, does not put it before the last one.
        """
        return now if self.last_message_at is None else max(now, self.last_message_at)

    def read_position_of(self, account_id: int) -> int:
        """Give how far a side has read."""
        if account_id == self.client_id:
            return self.client_read_position
        return self.practitioner_read_position

    def other_side_of(self, account_id: int) -> int:
        """Give the account on the other side."""
        return self.practitioner_id if account_id == self.client_id else self.client_id

    def mark_read(self, account_id: int, position: int) -> None:
        """Move a side's mark forward, never back."""
        if account_id == self.client_id:
            self.client_read_position = max(self.client_read_position, position)
        else:
            self.practitioner_read_position = max(self.practitioner_read_position, position)
