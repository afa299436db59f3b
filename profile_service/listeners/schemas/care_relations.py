"""Data of `booking.care_relation.started` and `.ended`."""

from profile_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import Identifier


class CareRelationSchema(HeardSchema):
    """Who and whose therapist."""

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)
