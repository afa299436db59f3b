"""Reading changes of addresses."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.email_changes import EmailChange


def pending_email_change(session: Session, account_id: int) -> EmailChange | None:
    """Give the change an account waits to confirm."""
    return session.execute(
        select(EmailChange)
        .where(
            EmailChange.account_id == account_id,
            EmailChange.confirmed_at.is_(None),
            EmailChange.closed_at.is_(None),
        )
        .order_by(EmailChange.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def email_change_with_undo_hash(session: Session, undo_hash: str) -> EmailChange | None:
    """Give the change an undo token belongs to."""
    return session.execute(
        select(EmailChange).where(EmailChange.undo_hash == undo_hash)
    ).scalar_one_or_none()
