"""Reading conversations."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from chat_service.errors import ConversationNotFound
from chat_service.models.conversations import Conversation
from chat_service.models.messages import Message
from shared.database import insert_unless_there
from shared.pages import Page, PageWanted, Place, microseconds_of, moment_of, page_of


def conversation_visible_to(
    session: Session, account_id: int, conversation_id: int, *, for_update: bool = False
) -> Conversation:
    """Give a conversation to one of its two sides; nobody else reads it, staff neither.

    Raises:
        ConversationNotFound: unknown, or between other people.
    """
    wanted = select(Conversation).where(Conversation.id == conversation_id, _is_a_side(account_id))
    if for_update:
        wanted = wanted.with_for_update()
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise ConversationNotFound
    return found


def conversation_between(
    session: Session, client_id: int, practitioner_id: int
) -> Conversation | None:
    """Give the conversation of a pair, if they have one."""
    wanted = select(Conversation).where(
        Conversation.client_id == client_id, Conversation.practitioner_id == practitioner_id
    )
    return session.execute(wanted).scalar_one_or_none()


def conversation_for_update(
    session: Session, client_id: int, practitioner_id: int, now: datetime
) -> Conversation:
    """Lock the conversation of a pair, made with their first message."""
    row = {
        "client_id": client_id,
        "practitioner_id": practitioner_id,
        "last_position": 0,
        "client_read_position": 0,
        "practitioner_read_position": 0,
        "created_at": now,
    }
    insert_unless_there(session, Conversation, row)
    wanted = select(Conversation).where(
        Conversation.client_id == client_id, Conversation.practitioner_id == practitioner_id
    )
    return session.execute(wanted.with_for_update()).scalar_one()


def conversations_visible_to(
    session: Session, account_id: int, page: PageWanted
) -> Page[Conversation]:
    """Give a page of a person's conversations, the latest message first; each was made with one."""
    wanted = select(Conversation).where(_is_a_side(account_id))
    if page.after is not None:
        latest, row_id = moment_of(page.after[0]), page.after[1]
        is_earlier = Conversation.last_message_at < latest
        is_next = and_(Conversation.last_message_at == latest, Conversation.id < row_id)
        wanted = wanted.where(or_(is_earlier, is_next))
    rows = session.execute(
        wanted.order_by(Conversation.last_message_at.desc(), Conversation.id.desc()).limit(
            page.rows_to_read
        )
    )
    return page_of(rows.scalars().all(), page, _place_of)


def _place_of(conversation: Conversation) -> Place:
    latest = conversation.last_message_at or conversation.created_at
    return microseconds_of(latest), conversation.id


def unread_counts(
    session: Session, account_id: int, conversation_ids: Iterable[int]
) -> Mapping[int, int]:
    """Count by conversation what the other side wrote after this side's mark; a tombstone is
    nothing to read, and a conversation with nothing unread is left out.
    """
    own_mark = case(
        (Conversation.client_id == account_id, Conversation.client_read_position),
        else_=Conversation.practitioner_read_position,
    )
    rows = session.execute(
        select(Message.conversation_id, func.count())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.id.in_(list(conversation_ids)),
            Message.position > own_mark,
            Message.sender_id != account_id,
            Message.deleted_at.is_(None),
        )
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in rows}


def _is_a_side(account_id: int) -> ColumnElement[bool]:
    return or_(Conversation.client_id == account_id, Conversation.practitioner_id == account_id)
