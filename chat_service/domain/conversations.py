"""Operations on conversations: listing them, marking what was read.

A conversation belongs to one client and one therapist for good. Ending the care relation ends
writing, not reading: what was said stays readable for both, and a new therapist begins a new
conversation and never sees the old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from chat_service.domain.stages import DEFAULT_LOCALE
from chat_service.errors import MessageNotFound
from chat_service.events.conversations import conversation_read
from chat_service.models.conversations import Conversation
from chat_service.queries.conversations import (
    conversation_visible_to,
    conversations_visible_to,
    unread_counts,
)
from chat_service.queries.messages import message_visible_to
from chat_service.queries.people import known_person
from chat_service.queries.practitioners import Names, names_of
from shared.events.outbox import add_to_outbox
from shared.pages import Page, PageWanted


@dataclass(frozen=True, kw_only=True)
class ConversationView:
    """A conversation as one side sees it. `practitioner_name` is null while it was not heard."""

    id: int
    client_id: int
    practitioner_id: int
    practitioner_name: str | None
    unread_count: int
    created_at: datetime
    last_message_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ReadMarkView:
    """How far one side has read, and what is left."""

    conversation_id: int
    unread_count: int


@dataclass(frozen=True, kw_only=True)
class MarkRead:
    """Everything up to this message was read."""

    message_id: int


def list_conversations(
    session: Session, account_id: int, wanted: PageWanted
) -> Page[ConversationView]:
    """Give a page of a person's conversations, the latest message first."""
    page = conversations_visible_to(session, account_id, wanted)
    conversations = page.items
    unread = unread_counts(session, account_id, [each.id for each in conversations])
    names = names_of(session, {each.practitioner_id for each in conversations})
    person = known_person(session, account_id)
    locale = person.locale if person is not None else None
    views = [
        ConversationView(
            id=each.id,
            client_id=each.client_id,
            practitioner_id=each.practitioner_id,
            practitioner_name=_name_in(names, each.practitioner_id, locale),
            unread_count=unread.get(each.id, 0),
            created_at=each.created_at,
            last_message_at=each.last_message_at,
        )
        for each in conversations
    ]
    return page.of(views)


def mark_read(
    session: Session, conversation_id: int, command: MarkRead, *, account_id: int
) -> ReadMarkView:
    """Move a side's read mark forward to a message; an earlier one than marked changes nothing.
    Adds chat.conversation.read when it moved.

    Raises:
        ConversationNotFound: unknown, or between other people.
        MessageNotFound: no message of this conversation.
    """
    conversation = conversation_visible_to(session, account_id, conversation_id, for_update=True)
    message = message_visible_to(session, account_id, command.message_id)
    if message.conversation_id != conversation.id:
        raise MessageNotFound
    if message.position > conversation.read_position_of(account_id):
        conversation.mark_read(account_id, message.position)
        read = conversation_read(
            conversation_id=conversation.id, reader_id=account_id, message_id=message.id
        )
        add_to_outbox(session, read)
    session.flush()
    return ReadMarkView(
        conversation_id=conversation.id, unread_count=_unread(session, account_id, conversation)
    )


def _unread(session: Session, account_id: int, conversation: Conversation) -> int:
    return unread_counts(session, account_id, [conversation.id]).get(conversation.id, 0)


def _name_in(names: Names, practitioner_id: int, locale: str | None) -> str | None:
    name = names.get(practitioner_id)
    if not isinstance(name, Mapping):
        return name
    return name.get(locale or DEFAULT_LOCALE) or next(iter(name.values()), None)
