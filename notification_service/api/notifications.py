"""`/api/v1/notifications`: load, operate, dump. Everybody sees their own only."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from notification_service.api.schemas.notifications import (
    NotificationListSchema,
    NotificationPageSchema,
    NotificationsWantedSchema,
    UnreadCountSchema,
)
from notification_service.domain.notifications import (
    NotificationView,
    delete_notification,
    list_notifications,
    read_notifications,
)
from notification_service.errors import NotificationNotFound
from notification_service.parts import parts
from notification_service.queries.notifications import unread_count_visible_to
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.http.blueprint import Blueprint, json_answer, path_identifier, with_identity
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once
from shared.http.pagination import paged
from shared.pages import PageWanted

blueprint = Blueprint(
    "notifications",
    __name__,
    url_prefix="/api/v1/notifications",
    description="What somebody was told.",
)


@blueprint.get("")
@with_identity
@blueprint.arguments(NotificationsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, NotificationPageSchema)
def list_own_notifications(wanted: PageWanted, identity: Identity) -> Response:
    """List one's notifications, newest first. Changes nothing."""
    zone = parts().default_zone
    page = database().reading(
        lambda session: list_notifications(session, identity, default_zone=zone, wanted=wanted)
    )
    return paged(_spelled(page.items), page)


@blueprint.post("/read")
@with_identity
@blueprint.response(HTTPStatus.OK, NotificationListSchema)
def read_own_notifications(identity: Identity) -> Response:
    """Mark all of one's notifications read and list the newest 500 as they were before."""
    zone, now = parts().default_zone, clock().now()
    views = database().writing(
        lambda session: read_notifications(session, identity, default_zone=zone, now=now)
    )
    return json_answer({"items": _spelled(views)})


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
@honours_idempotency_key
@refuses(NotificationNotFound)
def delete_own_notification(notification_id: int, identity: Identity) -> Response:
    """Delete one of one's notifications."""
    now = clock().now()
    return writing_once(
        lambda session: delete_notification(session, identity, notification_id, now=now),
        lambda _nothing: None,
        status=HTTPStatus.NO_CONTENT,
    )


def _spelled(views: Sequence[NotificationView]) -> list[dict[str, object]]:
    """Spell without a schema: the clients ask often."""
    return [
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
