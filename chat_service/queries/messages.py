"""Reading messages. Whose they are is decided by the conversation they stand in."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chat_service.errors import MessageNotFound
from chat_service.models.conversations import Conversation
from chat_service.models.messages import Message
from shared.pages import Page, PageWanted, page_of


def message_visible_to(
    session: Session, account_id: int, message_id: int, *, for_update: bool = False
) -> Message:
    """Give a message to one of the two sides of its conversation.

    Raises:
        MessageNotFound: unknown, or between other people.
    """
    wanted = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.id == message_id,
            or_(Conversation.client_id == account_id, Conversation.practitioner_id == account_id),
        )
    )
    if for_update:
        wanted = wanted.with_for_update(of=Message)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise MessageNotFound
    return found


def messages_before(session: Session, conversation_id: int, page: PageWanted) -> Page[Message]:
    """Give a page of a conversation's messages, newest first; the place is the position."""
    wanted = select(Message).where(Message.conversation_id == conversation_id)
    if page.after is not None:
        wanted = wanted.where(Message.position < page.after[0])
    rows = session.execute(wanted.order_by(Message.position.desc()).limit(page.rows_to_read))
    return page_of(rows.scalars().all(), page, lambda row: (row.position,))


def message_sent_before(
    session: Session, conversation_id: int, sender_id: int, client_message_id: str | None
) -> Message | None:
    """Give the message that carried the sender's own id, if there is one."""
    if client_message_id is None:
        return None
    return session.execute(
        select(Message).where(
            Message.conversation_id == conversation_id,
            Message.sender_id == sender_id,
            Message.client_message_id == client_message_id,
        )
    ).scalar_one_or_none()


def nth_last_sent_at(
    session: Session, sender_id: int, number: int, *, since: datetime
) -> datetime | None:
    """Give the moment of a sender's number-th last message after an instant; None when they sent
    fewer.
    """
    wanted = (
        select(Message.sent_at)
        .where(Message.sender_id == sender_id, Message.sent_at > since)
        .order_by(Message.sent_at.desc())
        .offset(number - 1)
        .limit(1)
    )
    return session.execute(wanted).scalar_one_or_none()
