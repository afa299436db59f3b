"""Reading how far conversations were read."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from notification_service.models.conversations import ReadMark


def was_read(session: Session, *, conversation_id: int, reader_id: int, message_id: int) -> bool:
    """Tell whether somebody has read a message of a conversation."""
    wanted = select(ReadMark.message_id).where(
        ReadMark.conversation_id == conversation_id,
        ReadMark.reader_id == reader_id,
        ReadMark.message_id >= message_id,
    )
    return session.execute(wanted).first() is not None
