"""Reading mails: what is due, what has been overtaken, what operators list."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from notification_service.models.mails import OPEN_STATES, SENDING, Mail
from notification_service.models.recipients import Recipient

_Other = aliased(Mail)


def next_due_mail_for_update(
    session: Session, *, now: datetime, most_tries: int, without_domains: Collection[str]
) -> Mail | None:
    """Give the mail that is to be sent next, locked: the oldest that carries a code or a link, else
    the oldest of the others. Those another worker holds are passed over.

    A mail whose recipient has no known and proved address waits, and so does one while another of
    its topic is on its way.
    """
    due = _due(now, most_tries, without_domains)
    for is_of_this_kind in (Mail.sealed.is_not(None), Mail.sealed.is_(None)):
        found = session.execute(due.where(is_of_this_kind)).scalars().first()
        if found is not None:
            return found
    return None


def _due(now: datetime, most_tries: int, without_domains: Collection[str]) -> Select[Mail]:
    address = func.coalesce(Mail.address, Recipient.email)
    return (
        select(Mail)
        .outerjoin(Recipient, Recipient.account_id == Mail.recipient_id)
        .where(
            Mail.state.in_(OPEN_STATES),
            or_(Mail.retry_at.is_(None), Mail.retry_at <= now),
            or_(Mail.expires_at.is_(None), Mail.expires_at > now),
            Mail.attempts < most_tries,
            or_(Mail.address.is_not(None), and_(Recipient.email.is_not(None), _was_proved())),
            not_(is_overtaken()),
            not_(_is_behind(now)),
            *(not_(address.endswith(f"@{domain}", autoescape=True)) for domain in without_domains),
        )
        .order_by(Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Mail)
    )


def _was_proved() -> ColumnElement[bool]:
    """Tell whether the recipient's address was proved when the mail was written. What was heard of
    together counts as proved, unless the recipient was known as unproved then.
    """
    return and_(
        Recipient.is_verified,
        or_(
            Recipient.verified_at < Mail.created_at,
            and_(
                Mail.waits_for_proof.is_(False),
                or_(Recipient.verified_at.is_(None), Recipient.verified_at <= Mail.created_at),
            ),
        ),
    )


def was_proved_too_late() -> ColumnElement[bool]:
    """Tell whether a mail to a person told of something before the address was proved."""
    return and_(
        Mail.address.is_(None),
        select(Recipient.account_id)
        .where(
            Recipient.account_id == Mail.recipient_id, Recipient.is_verified, not_(_was_proved())
        )
        .exists(),
    )


def is_overtaken() -> ColumnElement[bool]:
    """Tell whether a newer mail of the same topic was written to the same person."""
    return _another_of_its_topic(_Other.topic_sequence > Mail.topic_sequence)


def _is_behind(now: datetime) -> ColumnElement[bool]:
    """Tell whether another mail of the same topic to the same person is on its way."""
    return _another_of_its_topic(
        _Other.id != Mail.id, _Other.state == SENDING, _Other.retry_at > now
    )


def _another_of_its_topic(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(_Other.id)
        .where(_Other.topic == Mail.topic, _Other.recipient_id == Mail.recipient_id, *conditions)
        .exists()
    )


def is_in_turn(session: Session, mail: Mail, *, now: datetime) -> bool:
    """Tell whether no other mail of its topic has overtaken this one or is on its way; lock the
    recipient first.
    """
    wanted = select(Mail.id).where(Mail.id == mail.id, not_(is_overtaken()), not_(_is_behind(now)))
    return session.execute(wanted).first() is not None


def has_newer_of_its_topic(session: Session, mail: Mail) -> bool:
    """Tell whether a newer mail of its topic was written."""
    wanted = select(Mail.id).where(Mail.id == mail.id, is_overtaken())
    return session.execute(wanted).first() is not None


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
