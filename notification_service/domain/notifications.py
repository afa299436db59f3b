"""Telling people in the app, and what they do with what they were told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Update, update
from sqlalchemy.orm import Session

from notification_service.domain.moments import locale_or_default, zone_or_default
from notification_service.domain.parameters import Parameters, spelled, stored
from notification_service.domain.wording import notification_wordings
from notification_service.errors import NotificationNotFound
from notification_service.events.notifications import notification_created, notifications_read
from notification_service.models.notifications import Notification
from notification_service.queries.notifications import (
    MOST_LISTED,
    notifications_visible_to,
)
from notification_service.queries.recipients import reading_habits_of
from shared.access_tokens import Identity
from shared.database import inserted_of
from shared.events.outbox import add_to_outbox
from shared.pages import Page, PageWanted


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationView:
    """A notification as its reader sees it. `kind` is `message` or `alert`."""

    id: int
    kind: str
    description: str
    created_at: datetime
    is_read: bool
    account_id: int


@dataclass(frozen=True, kw_only=True)
class Notify:
    """Tell one person of one event; perhaps of a message, and perhaps of one that was read or
    deleted meanwhile.
    """

    recipient_id: int
    event_id: str
    happened_at: datetime
    kind: str
    parameters: Parameters = field(repr=False)
    conversation_id: int | None = None
    message_id: int | None = None
    read_at: datetime | None = None
    deleted_at: datetime | None = None


def notify(session: Session, *commands: Notify) -> None:
    """Tell people, each of one event at most once; adds `notification.notification.created.v1` for
    each that is there to be read.
    """
    rows = [
        {
            "recipient_id": command.recipient_id,
            "event_id": command.event_id,
            "kind": command.kind,
            "parameters": stored(command.parameters),
            "conversation_id": command.conversation_id,
            "message_id": command.message_id,
            "created_at": command.happened_at,
            "read_at": command.read_at,
            "deleted_at": command.deleted_at,
        }
        for command in commands
    ]
    columns = (
        Notification.id,
        Notification.recipient_id,
        Notification.read_at,
        Notification.deleted_at,
    )
    for row in inserted_of(session, Notification, columns, *rows):
        if row.read_at is None and row.deleted_at is None:
            created = notification_created(notification_id=row.id, recipient_id=row.recipient_id)
            add_to_outbox(session, created)


def change_unread(session: Session, recipient_id: int, change: Update) -> frozenset[int]:
    """Read or delete notifications of one person; give the ids of those that were changed.

    Adds `notification.notification.read.v1` where any was.
    """
    changed = frozenset(
        session.execute(
            change.where(Notification.recipient_id == recipient_id)
            .returning(Notification.id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    if changed:
        add_to_outbox(session, notifications_read(recipient_id=recipient_id))
    return changed


def list_notifications(
    session: Session,
    identity: Identity,
    *,
    default_zone: ZoneInfo,
    wanted: PageWanted,
    unread_ids: frozenset[int] = frozenset(),
) -> Page[NotificationView]:
    """Give a page of notifications, newest first, in the reader's language and zone. Changes
    nothing.

    Those in `unread_ids` are shown as unread, whatever their row says by now.
    """
    locale, zone_name = reading_habits_of(session, identity.account_id)
    locale, zone = locale_or_default(locale), zone_or_default(zone_name, default_zone)
    wordings = notification_wordings()
    page = notifications_visible_to(session, identity, wanted)
    views = [
        NotificationView(
            id=row.id,
            kind=wordings[row.kind].type,
            description=wordings[row.kind].spelled(spelled(row.parameters, locale, zone), locale),
            created_at=row.created_at,
            is_read=row.read_at is not None and row.id not in unread_ids,
            account_id=identity.account_id,
        )
        for row in page.items
    ]
    return page.of(views)


def read_notifications(
    session: Session, identity: Identity, *, default_zone: ZoneInfo, now: datetime
) -> Sequence[NotificationView]:
    """Mark everything read and give the newest 500 as they were before.

    What arrives between the two statements is listed as unread and stays unread, so nothing is
    marked that was not shown.
    """
    read = (
        update(Notification)
        .where(Notification.read_at.is_(None), Notification.deleted_at.is_(None))
        .values(read_at=now)
    )
    unread_ids = change_unread(session, identity.account_id, read)
    newest = PageWanted(limit=MOST_LISTED)
    page = list_notifications(
        session, identity, default_zone=default_zone, wanted=newest, unread_ids=unread_ids
    )
    return page.items


def delete_notification(
    session: Session, identity: Identity, notification_id: int, *, now: datetime
) -> None:
    """Delete one of one's own notifications; a mark without content stays.

    Raises:
        NotificationNotFound: unknown, somebody else's, or deleted before.
    """
    delete = (
        update(Notification)
        .where(Notification.id == notification_id, Notification.deleted_at.is_(None))
        .values(deleted_at=now, parameters="{}")
    )
    if not change_unread(session, identity.account_id, delete):
        raise NotificationNotFound
