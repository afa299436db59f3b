"""Walking over sealed texts, for those that an earlier release bound to their place alone."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chat_service.models.guided_sessions import GuidedSession
from chat_service.models.messages import Message
from chat_service.models.transcript_lines import TranscriptLine
from shared.data_keys import PLACE_ONLY


def next_ids(
    session: Session, table: type[Message] | type[TranscriptLine], *, after: int, limit: int
) -> Sequence[int]:
    """Give the next ids of a table in ascending order, whatever their rows hold."""
    wanted = select(table.id).where(table.id > after).order_by(table.id).limit(limit)
    return session.execute(wanted).scalars().all()


def messages_to_reseal(session: Session, ids: Sequence[int]) -> Sequence[Message]:
    """Lock those messages whose words are bound to their place alone."""
    wanted = select(Message).where(
        Message.id.in_(ids), func.substr(Message.sealed_text, 1, 1) == PLACE_ONLY
    )
    return session.execute(wanted.with_for_update()).scalars().all()


def lines_to_reseal(session: Session, ids: Sequence[int]) -> Sequence[tuple[TranscriptLine, int]]:
    """Lock those lines whose words are bound to their place alone; give each with whose it is."""
    wanted = (
        select(TranscriptLine, GuidedSession.account_id)
        .join(GuidedSession, GuidedSession.id == TranscriptLine.guided_session_id)
        .where(
            TranscriptLine.id.in_(ids),
            func.substr(TranscriptLine.sealed_text, 1, 1) == PLACE_ONLY,
        )
    )
    found = session.execute(wanted.with_for_update(of=TranscriptLine)).all()
    return [(line, account_id) for line, account_id in found]
