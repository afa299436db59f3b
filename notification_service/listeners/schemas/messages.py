"""Data of `chat.message.sent`."""

from typing import Any

from marshmallow import post_load

from notification_service.domain.messages import TellOfMessage
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier


class MessageSchema(HeardSchema[TellOfMessage]):
    """To whom a message was written."""

    recipient_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> TellOfMessage:
        """Give the command."""
        return TellOfMessage(event_id=self.envelope.id, happened_at=self.envelope.time, **data)
