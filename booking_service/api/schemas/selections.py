"""Bodies of `/api/v1/selections`."""

from marshmallow import Schema, fields

from booking_service.api.schemas.appointments import LONGEST_TOKEN, AppointmentSchema
from booking_service.domain.selections import SelectHour
from shared.http.fields import Identifier, Instant, Secret, Truth
from shared.http.openapi import one_of
from shared.schemas import CommandSchema


class SelectHourSchema(CommandSchema):
    """A therapist and an hour."""

    makes = SelectHour

    practitioner_id = Identifier(
        required=True, metadata={"description": "the therapist's account id"}
    )
    starts_at = Instant(
        required=True, metadata={"description": "start of an offered hour, with its zone"}
    )
    reschedule_token = Secret(
        maximum=LONGEST_TOKEN,
        load_default=None,
        allow_none=True,
        metadata={"description": "optional; one that is sent must be good"},
    )
    only_move = Truth(load_default=False, metadata={"description": "never book, only move"})


class SelectionSchema(Schema):
    """What the selection did, and the appointment that stands now."""

    outcome = fields.String(
        metadata=one_of(("booked", "moved", "unchanged"), "what the selection did")
    )
    appointment = fields.Nested(
        AppointmentSchema, metadata={"description": "the appointment that stands now"}
    )
