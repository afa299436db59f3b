"""Which question was answered by which line; the words themselves stand in the transcript only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.guided_sessions import GuidedSession
from chat_service.models.tables import Model
from chat_service.models.transcript_lines import TranscriptLine
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER

QUESTION_ID_CHARACTERS = 64
CLIENT_MESSAGE_ID_CHARACTERS = 64


class Answer(Model):
    """The one answer to a question. Positions from `first_position` to `last_position` are the
    lines its request added, so that a repeated request can be answered as the first.
    """

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("guided_session_id", "question_id"),
        UniqueConstraint("guided_session_id", "client_message_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    guided_session_id: Mapped[int] = mapped_column(ForeignKey(GuidedSession.id))
    question_id: Mapped[str] = mapped_column(String(QUESTION_ID_CHARACTERS))
    line_id: Mapped[int] = mapped_column(ForeignKey(TranscriptLine.id))
    first_position: Mapped[int] = mapped_column(Integer)
    last_position: Mapped[int] = mapped_column(Integer)
    client_message_id: Mapped[str | None] = mapped_column(String(CLIENT_MESSAGE_ID_CHARACTERS))
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
