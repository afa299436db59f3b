"""Which facts people are told live, and what of them: the kind of thing and its ids, never content.

A hint says "look again"; what there is to see, and whether the reader may see it, the API tells.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from shared.events.envelope import Envelope, UnreadableEnvelope


@dataclass(frozen=True, kw_only=True)
class Hint:
    """What one person is told of one fact. `name` is the event's name in the stream."""

    account_id: int
    name: str
    ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def text(self) -> bytes:
        """Spell the hint as lines of a stream, without its place in it."""
        return b"event: %s\ndata: %s\n" % (self.name.encode(), orjson.dumps(self.ids))


Data = Mapping[str, Any]


def _message_sent(data: Data) -> Iterator[Hint]:
    for account in ("recipient_id", "sender_id"):  # the sender's other devices, too
        yield _hint(data, account, "message", "conversation_id", "message_id")
    yield _hint(data, "recipient_id", "unread", "conversation_id")


def _message_deleted(data: Data) -> Iterator[Hint]:
    for account in ("recipient_id", "sender_id"):
        yield _hint(data, account, "message", "conversation_id", "message_id")
    if not data["was_read"]:
        yield _hint(data, "recipient_id", "unread", "conversation_id")


def _conversation_read(data: Data) -> Iterator[Hint]:
    yield _hint(data, "reader_id", "unread", "conversation_id")


def _appointment_changed(data: Data) -> Iterator[Hint]:
    for account in ("client_id", "practitioner_id"):
        yield _hint(data, account, "appointment", "appointment_id", "previous_appointment_id")


def _guided_session_changed(data: Data) -> Iterator[Hint]:
    yield _hint(data, "account_id", "guided-session", "guided_session_id")


def _notification_created(data: Data) -> Iterator[Hint]:
    yield _hint(data, "recipient_id", "notification", "notification_id")


def _notifications_read(data: Data) -> Iterator[Hint]:
    yield _hint(data, "recipient_id", "unread")


_HINTS: Final[Mapping[str, Callable[[Data], Iterator[Hint]]]] = {
    "booking.appointment.booked.v1": _appointment_changed,
    "booking.appointment.cancelled.v1": _appointment_changed,
    "booking.appointment.moved.v1": _appointment_changed,
    "chat.conversation.read.v1": _conversation_read,
    "chat.guided_session.completed.v1": _guided_session_changed,
    "chat.message.deleted.v1": _message_deleted,
    "chat.message.sent.v1": _message_sent,
    "chat.progress.changed.v1": _guided_session_changed,
    "notification.notification.created.v1": _notification_created,
    "notification.notification.read.v1": _notifications_read,
}
LIVE_TYPES: Final = frozenset(_HINTS)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One event that was heard, by its id, and what it makes people be told."""

    event_id: str
    hints: tuple[Hint, ...]


class UnreadableFact(Exception):
    """What was heard is no event, or not of the shape its type has."""


def fact_of(body: bytes) -> Fact:
    """Read what was heard. A type nobody is told of makes no hints.

    Raises:
        UnreadableFact: the body is no envelope, or its data lack what the hint needs.
    """
    try:
        envelope = Envelope.from_json(body)
        told = _HINTS.get(envelope.type)
        hints = tuple(told(envelope.data)) if told is not None else ()
    except (UnreadableEnvelope, KeyError, TypeError, ValueError) as error:
        raise UnreadableFact from error
    return Fact(event_id=envelope.id, hints=hints)


def _hint(data: Data, account: str, name: str, *ids: str) -> Hint:
    """Make a hint; an id that an earlier release did not tell is left out."""
    known = {each: _number(data[each]) for each in ids if data.get(each) is not None}
    return Hint(account_id=_number(data[account]), name=name, ids=known)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableFact
    return value
