"""Queries and answers of `/api/v1/practitioners/<id>/slots`."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import Schema, fields

from shared.http.fields import Instant
from shared.schemas import CommandSchema


@dataclass(frozen=True, kw_only=True)
class SlotsWanted:
    """Between which instants free hours are wanted; None is now, and the end of the window."""

    after: datetime | None
    before: datetime | None


class SlotsWantedSchema(CommandSchema):
    """Between which instants free hours are wanted."""

    makes = SlotsWanted

    after = Instant(
        data_key="from", load_default=None, metadata={"description": "instant; default now"}
    )
    before = Instant(
        data_key="until",
        load_default=None,
        metadata={"description": "instant, outside; default the end of the booking window"},
    )


class SlotSchema(Schema):
    """A free hour."""

    starts_at = Instant(metadata={"description": "UTC"})
    ends_at = Instant(metadata={"description": "UTC, exclusive"})


class SlotsSchema(Schema):
    """A therapist's free hours, ascending."""

    items = fields.List(fields.Nested(SlotSchema), metadata={"description": "free hours by start"})
    time_zone = fields.String(metadata={"description": "the zone the therapist works in"})
