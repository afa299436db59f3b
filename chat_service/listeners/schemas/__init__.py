"""Data of heard events: shape to command, unknown fields ignored."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from shared.events.envelope import Envelope
from shared.events.inbox import UnprocessableEvent


class HeardSchema(Schema):
    """Base of what is heard: a tolerant reader."""

    class Meta:
        """Later releases of a producer may say more."""

        unknown = EXCLUDE


def heard(schema: type[HeardSchema], envelope: Envelope) -> Mapping[str, Any]:
    """Read an event's data.

    Raises:
        UnprocessableEvent: it is not of the agreed shape; only the fields' names are kept.
    """
    try:
        found: Mapping[str, Any] = schema().load(dict(envelope.data))
    except ValidationError as error:
        fields = ", ".join(sorted(str(name) for name in error.messages_dict))
        raise UnprocessableEvent(f"bad fields: {fields}") from error
    return found
