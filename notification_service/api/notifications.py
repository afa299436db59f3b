"""`/api/v1/notifications`: load, operate, dump. Everybody sees their own only."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from notification_service.api.schemas.notifications import (
    ListWanted,
    ListWantedSchema,
    NotificationListSchema,
    UnreadCountSchema,
)
from notification_service.domain.notifications import (
    NotificationView,
    delete_notification,
    list_notifications,
    read_notifications,
)
from notification_service.parts import parts
from notification_service.queries.notifications import unread_count_visible_to
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.http.blueprint import Blueprint, json_answer, path_identifier, with_identity
from shared.http.context import clock, database
from shared.http.errors import PROBLEM_TYPE, ProblemSchema
from shared.http.idempotency import writing_once

blueprint = Blueprint(
    "notifications",
    __name__,
    url_prefix="/api/v1/notifications",
    description="What somebody was told.",
)


@blueprint.get("")
@with_identity
@blueprint.arguments(ListWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, NotificationListSchema)
def list_own_notifications(wanted: ListWanted, identity: Identity) -> Response:
    """List one's notifications, newest first. Changes nothing."""
    zone = parts().default_zone
    return _listed(
        database().reading(
            lambda session: list_notifications(
                session, identity, default_zone=zone, limit=wanted.limit
            )
        )
    )


@blueprint.post("/read")
@with_identity
@blueprint.response(HTTPStatus.OK, NotificationListSchema)
def read_own_notifications(identity: Identity) -> Response:
    """Mark all of one's notifications read and list them as they were before."""
    zone, now = parts().default_zone, clock().now()
    return _listed(
        database().writing(
            lambda session: read_notifications(session, identity, default_zone=zone, now=now)
        )
    )


@blueprint.get("/unread-count")
@with_identity
@blueprint.response(HTTPStatus.OK, UnreadCountSchema)
def count_own_unread_notifications(identity: Identity) -> Response:
    """Count the unread ones of the list."""
    count = database().reading(lambda session: unread_count_visible_to(session, identity))
    return json_answer({"count": count})


@blueprint.delete("/" + path_identifier("notification_id"))
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
@blueprint.alt_response(
    HTTPStatus.NOT_FOUND, schema=ProblemSchema, content_type=PROBLEM_TYPE,
    description="`notification_not_found`: unknown, deleted, or somebody else's",
)  # fmt: skip
def delete_own_notification(notification_id: int, identity: Identity) -> Response:
    """Delete one of one's notifications."""
    now = clock().now()
    return writing_once(
        lambda session: delete_notification(session, identity, notification_id, now=now),
        lambda _nothing: None,
        status=HTTPStatus.NO_CONTENT,
    )


def _listed(views: Sequence[NotificationView]) -> Response:
    """Answer without a schema: the clients ask often."""
    return json_answer(
        {
            "items": [
                {
                    "id": view.id,
                    "kind": view.kind,
                    "description": view.description,
                    "created_at": instant_text(view.created_at),
                    "is_read": view.is_read,
                    "account_id": view.account_id,
                }
                for view in views
            ]
        }
    )
