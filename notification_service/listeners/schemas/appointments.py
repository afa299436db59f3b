"""Data of `booking.appointment.booked`, `.moved` and `.cancelled`."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from notification_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import Identifier, Instant, Text, WholeNumber


class TextOrTexts(fields.Field[str | dict[str, str]]):
    """One text, or a text per locale."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str | dict[str, str]:
        if isinstance(value, str) and value:
            return value
        is_map = isinstance(value, dict) and bool(value)
        if is_map and all(isinstance(text, str) for pair in value.items() for text in pair):
            return dict(value)
        raise ValidationError("Not a text or a text per locale.")


class AppointmentSchema(HeardSchema):
    """An appointment as it is now, and where it was before."""

    appointment_id = Identifier(required=True)
    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)
    practitioner_name = TextOrTexts(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    previous_appointment_id = Identifier(load_default=None, allow_none=True)
    previous_starts_at = Instant(load_default=None, allow_none=True)
    calendar_uid = Text(load_default=None, allow_none=True, minimum=1, maximum=200)
    sequence = WholeNumber(required=True, maximum=2**53)


class MovedAppointmentSchema(AppointmentSchema):
    """A moved one says where it was."""

    previous_starts_at = Instant(required=True)
