"""Bodies of `/api/v1/messages` and of the messages of a conversation."""

from marshmallow import Schema, fields

from chat_service.domain.messages import MESSAGE_CHARACTERS, SendMessage
from chat_service.models.answers import CLIENT_MESSAGE_ID_CHARACTERS
from shared.http.fields import Identifier, Instant, Text
from shared.http.pagination import PageWantedSchema, limit_field, page_schema
from shared.schemas import CommandSchema


class SendMessageSchema(CommandSchema):
    """What somebody writes to whom."""

    makes = SendMessage

    recipient_id = Identifier(
        required=True, metadata={"description": "the current therapist, or a client of one's own"}
    )
    text = Text(
        required=True,
        minimum=1,
        maximum=MESSAGE_CHARACTERS,
        metadata={"description": "1 to 4,000 characters, kept as sent; not blank"},
    )
    client_message_id = Text(
        minimum=1,
        maximum=CLIENT_MESSAGE_ID_CHARACTERS,
        load_default=None,
        allow_none=True,
        metadata={"description": "the client's own id; the same one is sent once"},
    )


class MessageSchema(Schema):
    """A message as one side sees it."""

    id = fields.Integer(metadata={"description": "grows within a conversation"})
    conversation_id = fields.Integer(metadata={"description": "which conversation"})
    sender_id = fields.Integer(metadata={"description": "account id of who wrote it"})
    text = fields.String(allow_none=True, metadata={"description": "null once deleted"})
    sent_at = Instant(metadata={"description": "UTC"})
    is_read = fields.Boolean(metadata={"description": "the addressee has read it"})
    is_deleted = fields.Boolean(metadata={"description": "the sender has deleted its text"})
    client_message_id = fields.String(
        allow_none=True, metadata={"description": "the sender's own id, or null"}
    )


class MessagesWantedSchema(PageWantedSchema):
    """Which messages of a conversation: the newest, or those before the page that named a
    cursor.
    """

    limit = limit_field(default=50)


MessagePageSchema = page_schema(MessageSchema)
