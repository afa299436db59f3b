"""Reading recipients."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from notification_service.models.recipients import Recipient


def recipient_for_update(session: Session, account_id: int) -> Recipient:
    """Give a recipient's row, locked; it must be there."""
    wanted = select(Recipient).where(Recipient.account_id == account_id).with_for_update()
    return session.execute(wanted).scalar_one()


def unproved_recipients(session: Session, account_ids: Collection[int]) -> set[int]:
    """Give which of these people are known with an address nobody has proved."""
    wanted = select(Recipient.account_id).where(
        Recipient.account_id.in_(account_ids),
        Recipient.email.is_not(None),
        Recipient.is_verified.is_(False),
    )
    return set(session.execute(wanted).scalars())


def reading_habits_of(session: Session, account_id: int) -> tuple[str | None, str | None]:
    """Give the locale and time zone a person reads in; None where nothing was told.

    What the profile says counts once a profile was heard of, also when it says "none".
    """
    recipient = session.get(Recipient, account_id)
    if recipient is None:
        return None, None
    has_profile = recipient.profile_version > 0
    zone = recipient.profile_time_zone if has_profile else recipient.account_time_zone
    return recipient.profile_locale or recipient.account_locale, zone
