"""Reading the data of heard events: tolerant of what we do not know, strict about what we need."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from shared.events.envelope import Envelope
from shared.events.inbox import UnprocessableEvent


class HeardSchema(Schema):
    """Base of every heard event's schema: unknown fields are ignored."""

    class Meta:
        """Tolerant reader."""

        unknown = EXCLUDE


def data_of(schema: type[HeardSchema], envelope: Envelope) -> dict[str, Any]:
    """Give the event's data as the schema reads it.

    Raises:
        UnprocessableEvent: it does not fit; names the fields, never their values.
    """
    try:
        found: dict[str, Any] = schema().load(dict(envelope.data))
    except ValidationError as error:
        fields = ", ".join(sorted(str(name) for name in _messages(error)))
        raise UnprocessableEvent(f"bad fields: {fields}") from error
    return found


def _messages(error: ValidationError) -> dict[str, Any]:
    """Give marshmallow's messages by field."""
    return error.messages if isinstance(error.messages, dict) else {"data": error.messages}
