"""The one reader of heard events: a command when the data fits, the fields' names when it does
not.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import fields, post_load

from shared.events.envelope import Envelope
from shared.events.inbox import UnprocessableEvent
from shared.events.reading import HeardSchema, command_of


@dataclass(frozen=True, kw_only=True)
class RememberShoe:
    shoe_id: int
    colour: str | None
    sequence: int


class ShoeSchema(HeardSchema[RememberShoe]):
    shoe_id = fields.Integer(required=True, strict=True)
    colour = fields.String(load_default=None, allow_none=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> RememberShoe:
        return RememberShoe(**data, sequence=self.envelope.sequence)


def an_event(**data):
    return Envelope(
        id="019ab3c4-0000-7000-8000-000000000001",
        type="shop.shoe.changed.v1",
        source="/hearth/shop_service",
        subject="shoe/17",
        sequence=5,
        time=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
        correlation_id=None,
        data=data,
    )


def test_data_and_envelope_become_one_command():
    command = command_of(ShoeSchema, an_event(shoe_id=17, colour="red"))
    assert command == RememberShoe(shoe_id=17, colour="red", sequence=5)


def test_what_a_later_release_adds_is_ignored():
    command = command_of(ShoeSchema, an_event(shoe_id=17, size=42))
    assert command == RememberShoe(shoe_id=17, colour=None, sequence=5)


def test_what_does_not_fit_is_named_without_its_value():
    with pytest.raises(UnprocessableEvent) as refused:
        command_of(ShoeSchema, an_event(shoe_id="secret words", colour=["secret words"]))
    assert refused.value.reason == "bad fields: colour, shoe_id"


def test_what_is_missing_is_named():
    with pytest.raises(UnprocessableEvent, match="bad fields: shoe_id"):
        command_of(ShoeSchema, an_event(colour="red"))


def test_reading_leaves_the_envelope_as_it_was():
    envelope = an_event(shoe_id=17, colour="red")
    command_of(ShoeSchema, envelope)
    assert envelope.data == {"shoe_id": 17, "colour": "red"}
