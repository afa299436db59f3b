"""How far somebody has read a conversation, as chat_service last told of it."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from notification_service.models.tables import Model


class ReadMark(Model):
    """One side's mark in one conversation: the last message it has read."""

    __tablename__ = "read_marks"

    conversation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reader_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(BigInteger)
