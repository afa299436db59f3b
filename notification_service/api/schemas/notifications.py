"""Bodies of `/api/v1/notifications`."""

from marshmallow import Schema, fields

from shared.http.fields import Instant
from shared.http.openapi import one_of
from shared.http.pagination import (
    Cursor,
    PageWantedSchema,
    limit_field,
    list_schema,
    page_schema,
)


class NotificationsWantedSchema(PageWantedSchema):
    """Which part of the list."""

    limit = limit_field(default=500, most=500)
    cursor = Cursor(numbers=2, instants=(0,))


class NotificationSchema(Schema):
    """A notification in its reader's language and time zone."""

    id = fields.Integer(metadata={"description": "the notification's id"})
    kind = fields.String(metadata=one_of(("message", "alert"), "of a message, or of anything else"))
    description = fields.String(metadata={"description": "what happened, to be shown"})
    created_at = Instant(metadata={"description": "when it happened, UTC"})
    is_read = fields.Boolean(metadata={"description": "its reader has marked it read"})
    account_id = fields.Integer(metadata={"description": "whom it is for: the caller"})


class UnreadCountSchema(Schema):
    """How many of the listed notifications are unread."""

    count = fields.Integer(metadata={"description": "the unread ones among the newest 500"})


NotificationListSchema = list_schema(NotificationSchema)
NotificationPageSchema = page_schema(NotificationSchema)
