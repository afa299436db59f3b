"""Binding what earlier releases sealed to the facts of its row too."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from chat_service.models.data_keys import CONVERSATION
from chat_service.models.messages import Message
from chat_service.models.transcript_lines import TranscriptLine
from chat_service.queries.sealed_texts import lines_to_reseal, messages_to_reseal, next_ids
from shared.data_keys import PERSON, MasterKeys, TextUnreadable, data_key_of


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How far a walk over all texts has come: ids up to these were looked at."""

    message_id: int = 0
    line_id: int = 0


def reseal_texts(session: Session, masters: MasterKeys, walk: Walk, *, limit: int) -> Walk:
    """Reseal those among the next `limit` messages and lines that are bound to their place alone;
    give how far it came, which is `walk` when everything was looked at. What cannot be read stays
    as it is.
    """
    messages = next_ids(session, Message, after=walk.message_id, limit=limit)
    for message in messages_to_reseal(session, messages):
        _reseal(session, masters, message, CONVERSATION, message.conversation_id)
    lines = next_ids(session, TranscriptLine, after=walk.line_id, limit=limit)
    for line, account_id in lines_to_reseal(session, lines):
        _reseal(session, masters, line, PERSON, account_id)
    return Walk(
        message_id=messages[-1] if messages else walk.message_id,
        line_id=lines[-1] if lines else walk.line_id,
    )


def _reseal(
    session: Session,
    masters: MasterKeys,
    text: Message | TranscriptLine,
    kind: str,
    owner_id: int,
) -> None:
    try:
        key = data_key_of(session, masters, kind, owner_id)
        if key is not None:
            text.reseal(key)
    except TextUnreadable:
        return  # it was logged where it was refused, and its reader is told
