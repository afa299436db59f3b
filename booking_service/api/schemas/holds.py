"""Bodies of `/api/v1/holds`."""

from typing import Any

from marshmallow import Schema, fields, post_load

from booking_service.domain.holds import HoldHour
from shared.http.fields import Identifier, Instant
from shared.http.pagination import list_schema


class HoldHourSchema(Schema):
    """The hour to keep."""

    practitioner_id = Identifier(
        required=True, metadata={"description": "the therapist's account id"}
    )
    starts_at = Instant(
        required=True, metadata={"description": "start of an offered hour, with its zone"}
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> HoldHour:
        """Give the command."""
        return HoldHour(**data)


class HoldSchema(Schema):
    """A kept hour."""

    id = fields.Integer(metadata={"description": "the hold's id"})
    practitioner_id = fields.Integer(metadata={"description": "the therapist's account id"})
    starts_at = Instant(metadata={"description": "UTC"})
    ends_at = Instant(metadata={"description": "UTC, exclusive"})
    expires_at = Instant(metadata={"description": "from then on anybody may take the hour"})


HoldListSchema = list_schema(HoldSchema)
