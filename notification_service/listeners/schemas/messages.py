"""Data of `chat.message.sent` and `chat.message.deleted`."""

from typing import Any

from marshmallow import post_load

from notification_service.domain.messages import ForgetMessage, TellOfMessage
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier, Truth


class MessageSchema(HeardSchema[TellOfMessage]):
    """To whom a message was written."""

    message_id = Identifier(required=True)
    conversation_id = Identifier(required=True)
    recipient_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> TellOfMessage:
        return TellOfMessage(event_id=self.envelope.id, happened_at=self.envelope.time, **data)


class DeletedMessageSchema(HeardSchema[ForgetMessage]):
    """Which message was taken away, and whether it had been read."""

    message_id = Identifier(required=True)
    conversation_id = Identifier(required=True)
    recipient_id = Identifier(required=True)
    was_read = Truth(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ForgetMessage:
        return ForgetMessage(event_id=self.envelope.id, happened_at=self.envelope.time, **data)
