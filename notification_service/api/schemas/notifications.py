"""Bodies of `/api/v1/notifications`."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load

from notification_service.queries.notifications import MOST_LISTED
from shared.http.fields import Instant, QueryNumber
from shared.http.openapi import one_of
from shared.http.pagination import list_schema


@dataclass(frozen=True, kw_only=True)
class ListWanted:
    """How many of the newest a caller wants."""

    limit: int


class ListWantedSchema(Schema):
    """The query of the list."""

    limit = QueryNumber(
        minimum=1,
        maximum=MOST_LISTED,
        load_default=MOST_LISTED,
        metadata={"description": f"the newest so many, 1 to {MOST_LISTED}"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ListWanted:
        """Give the list wanted."""
        return ListWanted(**data)


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
