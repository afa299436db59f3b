"""Data of `booking.practitioner.published` and `.withdrawn`."""

from profile_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import Identifier


class PractitionerSchema(HeardSchema):
    """Whose listing changed."""

    practitioner_id = Identifier(required=True)
