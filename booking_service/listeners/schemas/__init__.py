"""Data of heard events: shape to command, unknown fields ignored."""

from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError

from shared.events.envelope import Envelope
from shared.events.inbox import UnprocessableEvent


def load(schema: Schema, envelope: Envelope) -> Any:
    """Give the command an event's data means.

    Raises:
        UnprocessableEvent: naming the fields that are not of the agreed shape.
    """
    try:
        return schema.load(dict(envelope.data))
    except ValidationError as error:
        fields = ", ".join(sorted(str(name) for name in error.messages_dict))
        raise UnprocessableEvent(f"bad fields: {fields}") from error


def known_zone(time_zone: str | None) -> str | None:
    """Give a zone this machine knows, else None: an unknown one must not break a calendar."""
    if time_zone is None:
        return None
    try:
        return ZoneInfo(time_zone).key
    except (ValueError, OSError, KeyError):
        return None
