"""Reading what was said in a guided session, and which answers said it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.models.answers import Answer
from chat_service.models.transcript_lines import TranscriptLine


def lines_of(session: Session, guided_session_id: int) -> Sequence[TranscriptLine]:
    """Give every line, oldest first."""
    return _lines(session, guided_session_id, 1, None)


def lines_between(
    session: Session, guided_session_id: int, first: int, last: int
) -> Sequence[TranscriptLine]:
    """Give the lines from one position to another, both included, oldest first."""
    return _lines(session, guided_session_id, first, last)


def answer_sent_before(
    session: Session, guided_session_id: int, client_message_id: str | None
) -> Answer | None:
    """Give the answer that carried the client's own id, if there is one."""
    if client_message_id is None:
        return None
    return session.execute(
        select(Answer).where(
            Answer.guided_session_id == guided_session_id,
            Answer.client_message_id == client_message_id,
        )
    ).scalar_one_or_none()


def answers_since(session: Session, guided_session_id: int, since: datetime) -> Sequence[Answer]:
    """Give the answers taken since an instant, newest first."""
    wanted = (
        select(Answer)
        .where(Answer.guided_session_id == guided_session_id, Answer.answered_at >= since)
        .order_by(Answer.id.desc())
    )
    return session.execute(wanted).scalars().all()


def said_in(session: Session, answer: Answer) -> TranscriptLine:
    """Give the line with an answer's words."""
    return session.get_one(TranscriptLine, answer.line_id)


def _lines(
    session: Session, guided_session_id: int, first: int, last: int | None
) -> Sequence[TranscriptLine]:
    wanted = select(TranscriptLine).where(
        TranscriptLine.guided_session_id == guided_session_id, TranscriptLine.position >= first
    )
    if last is not None:
        wanted = wanted.where(TranscriptLine.position <= last)
    return session.execute(wanted.order_by(TranscriptLine.position)).scalars().all()
