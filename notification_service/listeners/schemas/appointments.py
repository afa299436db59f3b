"""Data of `booking.appointment.booked`, `.moved` and `.cancelled`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load

from notification_service.domain.appointments import TellOfAppointment
from shared.events.reading import HeardSchema
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


class AppointmentSchema(HeardSchema[TellOfAppointment]):
    """An appointment as it is now, and where it was before."""

    change: ClassVar[str]

    appointment_id = Identifier(required=True)
    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)
    practitioner_name = TextOrTexts(required=True)
    practitioner_time_zone = Text(load_default=None, allow_none=True, maximum=64)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    previous_appointment_id = Identifier(load_default=None, allow_none=True)
    previous_starts_at = Instant(load_default=None, allow_none=True)
    calendar_uid = Text(load_default=None, allow_none=True, minimum=1, maximum=200)
    sequence = WholeNumber(required=True, maximum=2**53)
    changed_by = Text(load_default=None, allow_none=True, minimum=1, maximum=32)
    reason_code = Text(load_default=None, allow_none=True, minimum=1, maximum=32)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> TellOfAppointment:
        first_id = data.pop("previous_appointment_id") or data["appointment_id"]
        data["calendar_uid"] = data["calendar_uid"] or f"appointment-{first_id}@hearth"
        return TellOfAppointment(
            event_id=self.envelope.id, happened_at=self.envelope.time, change=self.change, **data
        )


class BookedAppointmentSchema(AppointmentSchema):
    """`booking.appointment.booked.v1`."""

    change = "booked"


class MovedAppointmentSchema(AppointmentSchema):
    """`booking.appointment.moved.v1`: says where it was."""

    change = "moved"

    previous_starts_at = Instant(required=True)


class CancelledAppointmentSchema(AppointmentSchema):
    """`booking.appointment.cancelled.v1`."""

    change = "cancelled"
