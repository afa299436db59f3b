"""The envelope: strict where we depend on it, tolerant of the rest."""

import json
from datetime import UTC, datetime

import pytest

from shared.events.envelope import Envelope, UnreadableEnvelope, new_event_id

ENVELOPE = Envelope(
    id="019ab3c4-0000-7000-8000-000000000001",
    type="auth.account.changed.v1",
    source="/hearth/auth_service",
    subject="account/17",
    sequence=5,
    time=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
    correlation_id="abc",
    data={"text": "Ünï 👩‍👩‍👧", "nested": {"list": [1, None, True]}},
)
ATTRIBUTES = json.loads(ENVELOPE.to_json())


def test_an_envelope_is_read_as_it_was_written():
    assert Envelope.from_json(ENVELOPE.to_json()) == ENVELOPE


def test_the_spelling_is_cloudevents_json():
    assert ATTRIBUTES == {
        "specversion": "1.0",
        "id": "019ab3c4-0000-7000-8000-000000000001",
        "type": "auth.account.changed.v1",
        "source": "/hearth/auth_service",
        "subject": "account/17",
        "sequence": 5,
        "time": "2026-11-21T08:00:00.000000Z",
        "datacontenttype": "application/json",
        "correlationid": "abc",
        "data": {"text": "Ünï 👩‍👩‍👧", "nested": {"list": [1, None, True]}},
    }


def test_unknown_attributes_are_ignored():
    assert Envelope.from_json(json.dumps(ATTRIBUTES | {"traceparent": "x"}).encode()) == ENVELOPE


def test_an_unusable_correlation_id_is_left_out():
    read = Envelope.from_json(json.dumps(ATTRIBUTES | {"correlationid": ["no"]}).encode())
    assert read.correlation_id is None


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"specversion": 1.0},
        {"id": ""},
        {"id": "x" * 65},
        {"id": None},
        {"type": 5},
        {"source": "s" * 121},
        {"subject": "s" * 201},
        {"subject": "nul\x00"},
        {"sequence": "5"},
        {"sequence": True},
        {"sequence": -1},
        {"sequence": 2**60},
        {"time": "yesterday"},
        {"time": "2026-11-21T08:00:00"},
        {"time": 5},
        {"data": None},
        {"data": [1]},
        {"data": {"text": "\ud800"}},
    ],
)
def test_a_misshapen_attribute_makes_it_unreadable(change):
    with pytest.raises(UnreadableEnvelope):
        Envelope.from_json(json.dumps(ATTRIBUTES | change).encode())


@pytest.mark.parametrize("name", ["specversion", "id", "type", "source", "subject", "sequence"])
def test_a_missing_attribute_makes_it_unreadable(name: str):
    rest = {key: value for key, value in ATTRIBUTES.items() if key != name}
    with pytest.raises(UnreadableEnvelope):
        Envelope.from_json(json.dumps(rest).encode())


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"[" * 100_000, b"\xff", b'{"data": NaN}'])
def test_what_is_no_object_is_unreadable(body: bytes):
    with pytest.raises(UnreadableEnvelope):
        Envelope.from_json(body)


def test_the_data_stays_out_of_what_a_log_would_show():
    assert "Ünï" not in repr(ENVELOPE)


def test_ids_are_unique_and_grow_with_time():
    ids = [new_event_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert ids[0][:13] <= ids[-1][:13]
    assert ids[0][14] == "7"
