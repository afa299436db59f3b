"""What client and therapist write to each other; the words are sealed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.answers import CLIENT_MESSAGE_ID_CHARACTERS
from chat_service.models.conversations import Conversation
from chat_service.models.data_keys import Place
from chat_service.models.tables import Model
from shared.clock import instant_text
from shared.data_keys import PLACE_ONLY, DataKey
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class Message(Model):
    """One message; deleting it takes the words and leaves the row as a tombstone.

    The text is bound to (conversation, position), which no other message can have, and to who sent
    it when.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "position"),
        UniqueConstraint("conversation_id", "sender_id", "client_message_id"),
        Index(None, "sender_id", "sent_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey(Conversation.id))
    position: Mapped[int] = mapped_column(Integer)
    sender_id: Mapped[int] = mapped_column(IDENTIFIER)
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_message_id: Mapped[str | None] = mapped_column(String(CLIENT_MESSAGE_ID_CHARACTERS))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def sent(
        cls,
        conversation: Conversation,
        key: DataKey,
        text: str,
        *,
        sender_id: int,
        client_message_id: str | None,
        now: datetime,
    ) -> "Message":
        """Make the conversation's next message."""
        position = conversation.next_position(now)
        return cls(
            conversation_id=conversation.id,
            position=position,
            sender_id=sender_id,
            sealed_text=key.seal(text, _place(conversation.id, position, sender_id, now)),
            client_message_id=client_message_id,
            sent_at=now,
            deleted_at=None,
        )

    def text(self, key: DataKey) -> str | None:
        """Open the words; None for a tombstone.

        Raises:
            TextUnreadable: they were changed or moved.
        """
        if self.sealed_text is None:
            return None
        return key.open(self.sealed_text, self._own_place)

    def reseal(self, key: DataKey) -> None:
        """Bind the words to the row's facts when an earlier release did not.

        Raises:
            TextUnreadable: they were changed or moved.
        """
        if self.sealed_text is not None and self.sealed_text[:1] == PLACE_ONLY:
            words = key.open(self.sealed_text, self._own_place)
            self.sealed_text = key.seal(words, self._own_place)

    @property
    def _own_place(self) -> Place:
        return _place(self.conversation_id, self.position, self.sender_id, self.sent_at)

    def delete_text(self, now: datetime) -> None:
        """Become a tombstone; the first deletion counts."""
        self.deleted_at = self.deleted_at or now
        self.sealed_text = None


def _place(conversation_id: int, position: int, sender_id: int, sent_at: datetime) -> Place:
    return Place(
        table="messages",
        row=f"{conversation_id}:{position}",
        column="sealed_text",
        facts=(str(sender_id), instant_text(sent_at)),
    )
