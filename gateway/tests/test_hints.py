"""What of which fact people are told live."""

import json
from typing import Any

import pytest

from gateway.hints import LIVE_TYPES, UnreadableFact, fact_of
from shared.events.catalogue import shipped_catalogue, shipped_example

OF_MESSAGE = {"conversation_id": 77, "message_id": 9001}
OF_APPOINTMENT = {"appointment_id": 501}
OF_MOVE = {"appointment_id": 502, "previous_appointment_id": 501}
EXPECTED: dict[str, list[tuple[int, str, dict[str, int]]]] = {
    "booking.appointment.booked.v1": [
        (17, "appointment", OF_APPOINTMENT),
        (42, "appointment", OF_APPOINTMENT),
    ],
    "booking.appointment.cancelled.v1": [
        (17, "appointment", OF_APPOINTMENT),
        (42, "appointment", OF_APPOINTMENT),
    ],
    "booking.appointment.moved.v1": [
        (17, "appointment", OF_MOVE),
        (42, "appointment", OF_MOVE),
    ],
    "chat.conversation.read.v1": [(42, "unread", {"conversation_id": 77})],
    "chat.guided_session.completed.v1": [(17, "guided-session", {})],
    "chat.message.deleted.v1": [
        (42, "message", OF_MESSAGE),
        (17, "message", OF_MESSAGE),
        (42, "unread", {"conversation_id": 77}),
    ],
    "chat.message.sent.v1": [
        (42, "message", OF_MESSAGE),
        (17, "message", OF_MESSAGE),
        (42, "unread", {"conversation_id": 77}),
    ],
    "chat.progress.changed.v1": [(17, "guided-session", {"guided_session_id": 301})],
    "notification.notification.created.v1": [(17, "notification", {"notification_id": 3001})],
    "notification.notification.read.v1": [(17, "unread", {})],
}


def body_of(event_type: str, **changes: Any) -> bytes:
    body: dict[str, Any] = json.loads(shipped_example(event_type).to_json())
    body["data"] |= changes
    return json.dumps(body).encode()


def test_exactly_the_live_types_of_the_catalogue_are_told() -> None:
    entries = shipped_catalogue().entries.values()
    assert frozenset(entry.type for entry in entries if entry.is_live) == LIVE_TYPES


@pytest.mark.parametrize("event_type", sorted(LIVE_TYPES))
def test_hints_name_ids_and_nothing_else(event_type: str) -> None:
    fact = fact_of(body_of(event_type))
    told = [(hint.account_id, hint.name, dict(hint.ids)) for hint in fact.hints]
    assert (fact.event_id, told) == (shipped_example(event_type).id, EXPECTED[event_type])


def test_a_message_deleted_after_it_was_read_changes_no_count() -> None:
    fact = fact_of(body_of("chat.message.deleted.v1", was_read=True))
    assert [hint.name for hint in fact.hints] == ["message", "message"]


def test_a_hint_is_spelled_as_an_event_of_a_stream() -> None:
    (hint,) = fact_of(body_of("notification.notification.created.v1")).hints
    assert hint.text == b'event: notification\ndata: {"notification_id":3001}\n'


def test_a_type_nobody_is_told_of_makes_no_hints() -> None:
    assert fact_of(shipped_example("booking.practitioner.published.v1").to_json()).hints == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b"\xff\x00",
        b"[]",
        b'{"specversion": "1.0", "type": "chat.message.sent.v1"}',
        body_of("chat.message.sent.v1", recipient_id="42"),
        body_of("chat.message.sent.v1", recipient_id=None),
        body_of("chat.message.sent.v1", message_id="9\ndata: x"),
        body_of("chat.message.sent.v1", message_id=True),
        body_of("chat.message.deleted.v1").replace(b"was_read", b"was_red"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UnreadableFact):
        fact_of(body)
