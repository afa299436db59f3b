"""Queries and answers of `/api/v1/practitioners/<id>/slots`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, post_load

from shared.http.fields import Instant


@dataclass(frozen=True, kw_only=True)
class SlotsWanted:
    """Between which instants free hours are wanted; None is now, and the end of the window."""

    after: datetime | None
    before: datetime | None


class SlotsWantedSchema(Schema):
    """Between which instants free hours are wanted."""

    after = Instant(
        data_key="from", load_default=None, metadata={"description": "instant; default now"}
    )
    before = Instant(
        data_key="until",
        load_default=None,
        metadata={"description": "instant, outside; default the end of the booking window"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> SlotsWanted:
        """Give what is wanted."""
        return SlotsWanted(**data)


class SlotSchema(Schema):
    """A free hour."""

    starts_at = Instant(metadata={"description": "UTC"})
    ends_at = Instant(metadata={"description": "UTC, exclusive"})


class SlotsSchema(Schema):
    """A therapist's free hours, ascending."""

    items = fields.List(fields.Nested(SlotSchema), metadata={"description": "free hours by start"})
    time_zone = fields.String(metadata={"description": "the zone the therapist works in"})
