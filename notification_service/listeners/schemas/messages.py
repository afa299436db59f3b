"""Data of `chat.message.sent`."""

from notification_service.listeners.schemas.reading import HeardSchema
from shared.http.fields import Identifier


class MessageSchema(HeardSchema):
    """To whom a message was written."""

    recipient_id = Identifier(required=True)
