"""Data of `chat.guided_session.completed`."""

from notification_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import Identifier


class CompletedSchema(HeardSchema):
    """Who completed a stage."""

    account_id = Identifier(required=True)
