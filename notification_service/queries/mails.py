"""Reading mails: what is due, what operators list."""

from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from notification_service.models.mails import OPEN_STATES, Mail
from notification_service.models.recipients import Recipient


def next_due_mail_for_update(session: Session, *, now: datetime, most_tries: int) -> Mail | None:
    """Give the oldest mail that may be sent now, locked; those another worker holds are passed
    over. A mail whose recipient has no known address waits.
    """
    wanted = (
        select(Mail)
        .outerjoin(Recipient, Recipient.account_id == Mail.recipient_id)
        .where(
            Mail.state.in_(OPEN_STATES),
            or_(Mail.retry_at.is_(None), Mail.retry_at <= now),
            or_(Mail.expires_at.is_(None), Mail.expires_at > now),
            Mail.attempts < most_tries,
            or_(Mail.address.is_not(None), Recipient.email.is_not(None)),
        )
        .order_by(Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Mail)
    )
    return session.execute(wanted).scalars().first()


def mail_for_update(session: Session, mail_id: int) -> Mail | None:
    """Give one mail, locked, or None."""
    return session.execute(
        select(Mail).where(Mail.id == mail_id).with_for_update()
    ).scalar_one_or_none()


def is_superseded(
    session: Session, *, address: str, template: str, happened_at: datetime, origin: str
) -> bool:
    """Tell whether a newer mail of that kind to that address was written already."""
    wanted = (
        select(Mail.id)
        .where(
            Mail.address == address,
            Mail.template == template,
            Mail.origin != origin,
            Mail.created_at > happened_at,
        )
        .limit(1)
    )
    return session.execute(wanted).first() is not None


def mails_in_state(state: str | None, limit: int) -> Select[Mail]:
    """Select the newest mails, of one state or of all."""
    wanted = select(Mail).order_by(Mail.id.desc()).limit(limit)
    return wanted if state is None else wanted.where(Mail.state == state)
