"""Data of booking_service's events about care relations."""

from chat_service.listeners.schemas import HeardSchema
from shared.http.fields import Identifier


class CareRelationSchema(HeardSchema):
    """Who began or ended care with whom."""

    client_id = Identifier(required=True)
    practitioner_id = Identifier(required=True)
