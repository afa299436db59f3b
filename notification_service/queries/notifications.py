"""Reading notifications: everybody sees their own only."""

from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from notification_service.models.notifications import Notification
from shared.access_tokens import Identity
from shared.pages import Page, PageWanted, microseconds_of, moment_of, page_of

MOST_LISTED = 500


def _visible_to(identity: Identity) -> ColumnElement[bool]:
    return and_(Notification.recipient_id == identity.account_id, Notification.deleted_at.is_(None))


def _newest(identity: Identity) -> Select[int, str, str, datetime, datetime | None]:
    return (
        select(
            Notification.id,
            Notification.kind,
            Notification.parameters,
            Notification.created_at,
            Notification.read_at,
        )
        .where(_visible_to(identity))
        .order_by(Notification.created_at.desc(), Notification.id.desc())
    )


def notifications_visible_to(
    session: Session, identity: Identity, page: PageWanted
) -> Page[Row[int, str, str, datetime, datetime | None]]:
    """Read a page of the columns id, kind, parameters, created_at, read_at, newest first; the place
    is created_at and id.
    """
    wanted = _newest(identity)
    if page.after is not None:
        moment, row_id = moment_of(page.after[0]), page.after[1]
        is_next = and_(Notification.created_at == moment, Notification.id < row_id)
        wanted = wanted.where(or_(Notification.created_at < moment, is_next))
    rows = session.execute(wanted.limit(page.rows_to_read)).all()
    return page_of(rows, page, lambda row: (microseconds_of(row.created_at), row.id))


def unread_count_visible_to(session: Session, identity: Identity) -> int:
    """Count the unread ones of what `read_notifications` lists, so that the two always agree."""
    listed = _newest(identity).limit(MOST_LISTED).subquery()
    wanted = select(func.count()).select_from(listed).where(listed.c.read_at.is_(None))
    return session.execute(wanted).scalar_one()


def is_message_told(
    session: Session, recipient_id: int, conversation_id: int, message_id: int
) -> bool:
    """Tell whether somebody was told of a message, or it was deleted before that."""
    wanted = (
        select(Notification.id)
        .where(
            Notification.conversation_id == conversation_id,
            Notification.recipient_id == recipient_id,
            Notification.message_id == message_id,
        )
        .limit(1)
    )
    return session.execute(wanted).first() is not None


def has_unread_of_kind(session: Session, recipient_id: int, kind: str) -> bool:
    """Tell whether a person has not yet read a notification of that kind."""
    wanted = (
        select(Notification.id)
        .where(
            Notification.recipient_id == recipient_id,
            Notification.kind == kind,
            Notification.read_at.is_(None),
            Notification.deleted_at.is_(None),
        )
        .limit(1)
    )
    return session.execute(wanted).first() is not None
