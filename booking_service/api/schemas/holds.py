"""Bodies of `/api/v1/holds`."""

from marshmallow import Schema, fields

from booking_service.domain.holds import HoldHour
from shared.http.fields import Identifier, Instant
from shared.http.pagination import list_schema
from shared.schemas import CommandSchema


class HoldHourSchema(CommandSchema):
    """The hour to keep."""

    makes = HoldHour

    practitioner_id = Identifier(
        required=True, metadata={"description": "the therapist's account id"}
    )
    starts_at = Instant(
        required=True, metadata={"description": "start of an offered hour, with its zone"}
    )


class HoldSchema(Schema):
    """A kept hour."""

    id = fields.Integer(metadata={"description": "the hold's id"})
    practitioner_id = fields.Integer(metadata={"description": "the therapist's account id"})
    starts_at = Instant(metadata={"description": "UTC"})
    ends_at = Instant(metadata={"description": "UTC, exclusive"})
    expires_at = Instant(metadata={"description": "from then on anybody may take the hour"})


HoldListSchema = list_schema(HoldSchema)
