"""Bodies of `/api/v1/holds`."""

from typing import Any

from marshmallow import Schema, fields, post_load

from booking_service.domain.holds import HoldHour
from shared.http.fields import Identifier, Instant
from shared.http.pagination import list_schema


class HoldHourSchema(Schema):
    """The hour to keep."""

    practitioner_id = Identifier(required=True)
    starts_at = Instant(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> HoldHour:
        """Give the command."""
        return HoldHour(**data)


class HoldSchema(Schema):
    """A kept hour."""

    id = fields.Integer()
    practitioner_id = fields.Integer()
    starts_at = Instant()
    ends_at = Instant()
    expires_at = Instant(metadata={"description": "from then on anybody may take the hour"})


HoldListSchema = list_schema(HoldSchema)
