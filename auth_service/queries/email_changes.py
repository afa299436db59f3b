"""Reading changes of addresses."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from auth_service.models.email_changes import EmailChange
from auth_service.models.login_sessions import LoginSession


def pending_email_change(session: Session, account_id: int) -> EmailChange | None:
    """Give the change an account waits to confirm; none whose login session somebody has ended."""
    was_not_ended = exists().where(
        LoginSession.id == EmailChange.login_session_id, LoginSession.ended_at.is_(None)
    )
    return session.execute(
        select(EmailChange)
        .where(
            EmailChange.account_id == account_id,
            EmailChange.confirmed_at.is_(None),
            EmailChange.closed_at.is_(None),
            or_(EmailChange.login_session_id.is_(None), was_not_ended),
        )
        .order_by(EmailChange.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def email_change_with_undo_hash(session: Session, undo_hash: str) -> EmailChange | None:
    """Give the change an undo token belongs to."""
    return session.execute(
        select(EmailChange).where(EmailChange.undo_hash == undo_hash)
    ).scalar_one_or_none()
