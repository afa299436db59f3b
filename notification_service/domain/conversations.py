"""Reading a conversation is reading what was told of its messages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from notification_service.domain.messages import drop_mail_without_unread
from notification_service.domain.notifications import change_unread
from notification_service.models.conversations import ReadMark
from notification_service.models.notifications import Notification
from shared.database import insert_or_change


@dataclass(frozen=True, kw_only=True)
class ReadConversation:
    """Somebody has read a conversation up to a message."""

    happened_at: datetime
    conversation_id: int
    reader_id: int
    message_id: int


def read_conversation(session: Session, command: ReadConversation) -> None:
    """Mark the notifications of those messages read, and keep the mark for messages that are heard
    of later. An earlier mark than the known one changes nothing.
    """
    mark = {
        "conversation_id": command.conversation_id,
        "reader_id": command.reader_id,
        "message_id": command.message_id,
    }
    insert_or_change(session, ReadMark, mark, only_if=ReadMark.message_id < command.message_id)
    read = (
        update(Notification)
        .where(
            Notification.conversation_id == command.conversation_id,
            Notification.message_id <= command.message_id,
            Notification.read_at.is_(None),
        )
        .values(read_at=command.happened_at)
    )
    change_unread(session, command.reader_id, read)
    drop_mail_without_unread(session, command.reader_id, now=command.happened_at)
