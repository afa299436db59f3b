"""Reading notifications: everybody sees their own only."""

from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from notification_service.models.notifications import Notification
from shared.access_tokens import Identity

MOST_LISTED = 500


def _visible_to(identity: Identity) -> ColumnElement[bool]:
    return and_(Notification.recipient_id == identity.account_id, Notification.deleted_at.is_(None))


def _newest(identity: Identity, limit: int) -> Select[int, str, str, datetime, datetime | None]:
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
        .limit(limit)
    )


def notifications_visible_to(
    session: Session, identity: Identity, limit: int
) -> list[Row[int, str, str, datetime, datetime | None]]:
    """Read the newest notifications' columns: id, kind, parameters, created_at, read_at."""
    return list(session.execute(_newest(identity, limit)).all())


def unread_count_visible_to(session: Session, identity: Identity) -> int:
    """Count the unread ones of the list, so that count and list always agree."""
    listed = _newest(identity, MOST_LISTED).subquery()
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
