"""Data of `chat.conversation.read`."""

from typing import Any

from marshmallow import post_load

from notification_service.domain.conversations import ReadConversation
from shared.events.reading import HeardSchema
from shared.http.fields import Identifier


class ReadConversationSchema(HeardSchema[ReadConversation]):
    """Who has read how far."""

    conversation_id = Identifier(required=True)
    reader_id = Identifier(required=True)
    message_id = Identifier(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ReadConversation:
        return ReadConversation(happened_at=self.envelope.time, **data)
