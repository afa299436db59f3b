"""Operations on messages: sending, reading, deleting."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chat_service.errors import ClientMessageIdReused, NotInCare, NotYourMessage
from chat_service.events.messages import message_deleted, message_sent
from chat_service.models.conversations import Conversation
from chat_service.models.data_keys import CONVERSATION
from chat_service.models.messages import Message
from chat_service.queries.conversations import (
    conversation_between,
    conversation_for_update,
    conversation_visible_to,
)
from chat_service.queries.messages import (
    message_sent_before,
    message_visible_to,
    messages_before,
    nth_last_sent_at,
)
from chat_service.queries.people import person_for_update
from shared.clock import Clock
from shared.data_keys import DataKey, MasterKeys, TextUnreadable, data_key_for_writing, data_key_of
from shared.errors import TooManyRequests
from shared.events.envelope import Event
from shared.events.outbox import add_to_outbox
from shared.pages import Page, PageWanted

MESSAGE_CHARACTERS = 4000
MESSAGES_A_MINUTE = 30
LIMIT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SendMessage:
    """What somebody writes to whom. `client_message_id` is the client's own, by which a repeated
    request is known.
    """

    recipient_id: int
    text: str = field(repr=False)
    client_message_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A client and a therapist, and which of them writes."""

    client_id: int
    practitioner_id: int
    sender_id: int

    @classmethod
    def of(cls, sender_id: int, role: str, recipient_id: int) -> "Pair":
        """Tell who is who by the sender's role.

        Raises:
            NotInCare: the sender is neither client nor therapist, or writes to themselves.
        """
        if sender_id == recipient_id or role not in ("client", "therapist"):
            raise NotInCare
        if role == "client":
            return cls(client_id=sender_id, practitioner_id=recipient_id, sender_id=sender_id)
        return cls(client_id=recipient_id, practitioner_id=sender_id, sender_id=sender_id)


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """A message as one side sees it; the text of a tombstone is null. `is_read` tells of the
    addressee, whoever asks.
    """

    id: int
    conversation_id: int
    sender_id: int
    text: str | None = field(repr=False)
    sent_at: datetime
    is_read: bool
    is_deleted: bool
    client_message_id: str | None


def was_sent_before(session: Session, command: SendMessage, pair: Pair) -> bool:
    """Tell whether this very request was done before, whatever the two are to each other now."""
    conversation = conversation_between(session, pair.client_id, pair.practitioner_id)
    if conversation is None:
        return False
    earlier = message_sent_before(
        session, conversation.id, pair.sender_id, command.client_message_id
    )
    return earlier is not None


def send_message(
    session: Session,
    command: SendMessage,
    pair: Pair,
    masters: MasterKeys,
    *,
    messages_a_minute: int,
    clock: Clock,
) -> MessageView:
    """Write a message to the conversation of two who are in care with each other; the caller has
    made sure of that.

    Locks the sender's and the conversation's row, and looks at the clock only then: the order of
    messages is the order of their transactions, by id and by time. A client_message_id seen before
    gives the first message and changes nothing. Adds chat.message.sent to the outbox.

    Raises:
        ClientMessageIdReused: the client's own id stands for another text.
        TooManyRequests: the sender wrote `messages_a_minute` messages within the last minute.
        TextUnreadable: the conversation's data key cannot be used.
    """
    person_for_update(session, pair.sender_id)
    conversation = conversation_for_update(
        session, pair.client_id, pair.practitioner_id, clock.now()
    )
    now = conversation.not_before_the_last(clock.now())
    key = data_key_for_writing(session, masters, CONVERSATION, conversation.id, now=now)
    earlier = message_sent_before(
        session, conversation.id, pair.sender_id, command.client_message_id
    )
    if earlier is not None:
        return _sent_before(conversation, earlier, command, key)
    _refuse_too_many(session, pair.sender_id, messages_a_minute, now)
    message = Message.sent(
        conversation,
        key,
        command.text,
        sender_id=pair.sender_id,
        client_message_id=command.client_message_id,
        now=now,
    )
    session.add(message)
    session.flush()
    add_to_outbox(session, _announcement(conversation, message))
    return _view(conversation, message, command.text)


def read_message(
    session: Session, message_id: int, masters: MasterKeys, *, account_id: int
) -> MessageView:
    """Give one message to one of the two sides, as it is now.

    Raises:
        MessageNotFound: unknown, or between other people.
        TextUnreadable: it cannot be read.
    """
    message = message_visible_to(session, account_id, message_id)
    conversation = conversation_visible_to(session, account_id, message.conversation_id)
    key = data_key_of(session, masters, CONVERSATION, conversation.id)
    if key is None:
        raise TextUnreadable
    return _view(conversation, message, message.text(key))


def read_messages(
    session: Session,
    conversation_id: int,
    wanted: PageWanted,
    masters: MasterKeys,
    *,
    account_id: int,
) -> Page[MessageView]:
    """Give a page of messages to one of the two sides: newest page first, oldest first within it;
    reading marks nothing.

    Raises:
        ConversationNotFound: unknown, or between other people.
        TextUnreadable: a message cannot be read.
    """
    conversation = conversation_visible_to(session, account_id, conversation_id)
    page = messages_before(session, conversation.id, wanted)
    key = data_key_of(session, masters, CONVERSATION, conversation.id)
    if key is None:
        raise TextUnreadable
    return page.of(
        [_view(conversation, message, message.text(key)) for message in reversed(page.items)]
    )


def delete_message(session: Session, message_id: int, *, account_id: int, now: datetime) -> None:
    """Take the words of one's own message away for both sides; deleting twice changes nothing.
    Adds chat.message.deleted. Locks the message and the conversation.

    Raises:
        MessageNotFound: unknown, or between other people.
        NotYourMessage: the other side wrote it.
    """
    message = message_visible_to(session, account_id, message_id, for_update=True)
    if message.sender_id != account_id:
        raise NotYourMessage
    if message.deleted_at is not None:
        return
    conversation = conversation_visible_to(
        session, account_id, message.conversation_id, for_update=True
    )
    message.delete_text(now)
    add_to_outbox(session, _withdrawal(conversation, message))


def _sent_before(
    conversation: Conversation, message: Message, command: SendMessage, key: DataKey
) -> MessageView:
    text = message.text(key)
    if text is not None and text != command.text:
        raise ClientMessageIdReused
    return _view(conversation, message, text)


def _refuse_too_many(session: Session, sender_id: int, limit: int, now: datetime) -> None:
    """Count in the last minute; the sender's row is locked, so nobody counts beside."""
    oldest = nth_last_sent_at(session, sender_id, limit, since=now - LIMIT_WINDOW)
    if oldest is not None:
        wait = (oldest + LIMIT_WINDOW - now).total_seconds()
        raise TooManyRequests(
            "You have written too many messages within a minute.",
            retry_after_seconds=math.ceil(wait),
        )


def _announcement(conversation: Conversation, message: Message) -> Event:
    return message_sent(
        message_id=message.id,
        conversation_id=conversation.id,
        sender_id=message.sender_id,
        recipient_id=conversation.other_side_of(message.sender_id),
        sent_at=message.sent_at,
    )


def _withdrawal(conversation: Conversation, message: Message) -> Event:
    recipient_id = conversation.other_side_of(message.sender_id)
    return message_deleted(
        message_id=message.id,
        conversation_id=conversation.id,
        sender_id=message.sender_id,
        recipient_id=recipient_id,
        was_read=conversation.read_position_of(recipient_id) >= message.position,
    )


def _view(conversation: Conversation, message: Message, text: str | None) -> MessageView:
    addressee = conversation.other_side_of(message.sender_id)
    return MessageView(
        id=message.id,
        conversation_id=conversation.id,
        sender_id=message.sender_id,
        text=text,
        sent_at=message.sent_at,
        is_read=conversation.read_position_of(addressee) >= message.position,
        is_deleted=message.deleted_at is not None,
        client_message_id=message.client_message_id,
    )
