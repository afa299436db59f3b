"""Bodies of `/api/v1/conversations`."""

from marshmallow import Schema, fields

from chat_service.domain.conversations import MarkRead
from shared.http.fields import Identifier, Instant
from shared.http.pagination import Cursor, PageWantedSchema
from shared.schemas import CommandSchema


class ConversationSchema(Schema):
    """A conversation as one side sees it."""

    id = fields.Integer(metadata={"description": "the conversation's id"})
    client_id = fields.Integer(metadata={"description": "the client's account id"})
    practitioner_id = fields.Integer(metadata={"description": "the therapist's account id"})
    practitioner_name = fields.String(
        allow_none=True, metadata={"description": "null while it is not known here"}
    )
    is_open = fields.Boolean(
        metadata={"description": "the two are in care with each other, so they can write"}
    )
    unread_count = fields.Integer(metadata={"description": "what the other side wrote since"})
    created_at = Instant(metadata={"description": "UTC"})
    last_message_at = Instant(allow_none=True, metadata={"description": "UTC"})


class ConversationsWantedSchema(PageWantedSchema):
    """Which part of the list."""

    cursor = Cursor(numbers=2, instants=(0,))


class MarkReadSchema(CommandSchema):
    """Up to which message everything was read."""

    makes = MarkRead

    message_id = Identifier(
        required=True, metadata={"description": "the last message that was read"}
    )


class ReadMarkSchema(Schema):
    """What is left to read."""

    conversation_id = fields.Integer(metadata={"description": "which conversation"})
    unread_count = fields.Integer(metadata={"description": "what the other side wrote since"})
