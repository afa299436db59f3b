"""The envelope every event travels in: CloudEvents 1.0 as JSON, read strictly where we depend on it
and tolerant of the rest.

`Event` is what domain code announces; `Envelope` is what travels. What `data` holds is the business
of the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uuid_utils

from shared import strict_json
from shared.clock import instant_text

SPEC_VERSION = "1.0"
MAX_ID_CHARACTERS = 64
MAX_TYPE_CHARACTERS = 120
MAX_SOURCE_CHARACTERS = 120
MAX_SUBJECT_CHARACTERS = 200
MAX_CORRELATION_ID_CHARACTERS = 64


class UnreadableEnvelope(ValueError):
    """The bytes are no CloudEvents envelope we can work with. The message names the fault, never
    the content.
    """


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact to announce: its type, what it is about (`account/17`), and plain JSON data."""

    type: str
    subject: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A fact as it travels. `sequence` grows per producer; `data` stays out of `repr`, so it
    reaches no log.
    """

    id: str
    type: str
    source: str
    subject: str
    sequence: int
    time: datetime
    correlation_id: str | None
    data: Mapping[str, Any] = field(repr=False)

    def to_json(self) -> bytes:
        """Spell the envelope as CloudEvents JSON."""
        attributes: dict[str, Any] = {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "type": self.type,
            "source": self.source,
            "subject": self.subject,
            "sequence": self.sequence,
            "time": instant_text(self.time),
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }
        if self.correlation_id is not None:
            attributes["correlationid"] = self.correlation_id
        return strict_json.dumps(attributes)

    @classmethod
    def from_json(cls, body: bytes) -> "Envelope":
        """Read an envelope; unknown attributes are ignored.

        Raises:
            UnreadableEnvelope: no acceptable JSON, a missing or misshapen attribute, or another
            version of CloudEvents.
        """
        try:
            attributes = strict_json.loads(body)
        except strict_json.UnreadableJson as error:
            raise UnreadableEnvelope(str(error)) from error
        if not isinstance(attributes, dict):
            raise UnreadableEnvelope("the envelope is no JSON object")
        if attributes.get("specversion") != SPEC_VERSION:
            raise UnreadableEnvelope("specversion is not 1.0")
        return cls(
            id=_text(attributes, "id", MAX_ID_CHARACTERS),
            type=_text(attributes, "type", MAX_TYPE_CHARACTERS),
            source=_text(attributes, "source", MAX_SOURCE_CHARACTERS),
            subject=_text(attributes, "subject", MAX_SUBJECT_CHARACTERS),
            sequence=_sequence(attributes),
            time=_time(attributes),
            correlation_id=_correlation_id(attributes),
            data=_data(attributes),
        )


def new_event_id() -> str:
    """Make a UUIDv7: unique, and sorted by the moment it was made."""
    return str(uuid_utils.uuid7())


def _text(attributes: Mapping[str, Any], name: str, longest: int) -> str:
    value = attributes.get(name)
    if not isinstance(value, str) or not value or len(value) > longest:
        message = f"{name} is not a text of 1 to {longest} characters"
        raise UnreadableEnvelope(message)
    return value


def _sequence(attributes: Mapping[str, Any]) -> int:
    value = attributes.get("sequence")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnreadableEnvelope("sequence is not a whole number")
    return value


def _time(attributes: Mapping[str, Any]) -> datetime:
    value = attributes.get("time")
    if not isinstance(value, str):
        raise UnreadableEnvelope("time is not an instant")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UnreadableEnvelope("time is not an instant") from None
    if moment.tzinfo is None:
        raise UnreadableEnvelope("time has no time zone")
    return moment


def _correlation_id(attributes: Mapping[str, Any]) -> str | None:
    value = attributes.get("correlationid")
    return value if isinstance(value, str) and len(value) <= MAX_CORRELATION_ID_CHARACTERS else None


def _data(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    value = attributes.get("data")
    if not isinstance(value, dict):
        raise UnreadableEnvelope("data is no JSON object")
    return value
