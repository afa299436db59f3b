"""Keeping the copy of who people are and how they want to be written to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.models.recipients import Recipient
from notification_service.queries.recipients import recipient_for_update
from shared.database import insert_unless_there


@dataclass(frozen=True, kw_only=True)
class RememberAccount:
    """The present state of an account, as auth_service tells it."""

    account_id: int
    version: int
    happened_at: datetime
    email: str
    first_name: str
    is_verified: bool
    locale: str
    time_zone: str | None


@dataclass(frozen=True, kw_only=True)
class RememberProfile:
    """How a person wants to be spoken to, as profile_service tells it."""

    account_id: int
    version: int
    locale: str
    time_zone: str | None


def remember_account(session: Session, command: RememberAccount) -> None:
    """Take over an account's state unless a newer one is known. Locks the recipient."""
    recipient = _recipient(session, command.account_id)
    if command.version <= recipient.account_version and recipient.email is not None:
        return
    if not command.is_verified:
        recipient.verified_at = None
    elif recipient.email is not None and not recipient.is_verified:
        recipient.verified_at = command.happened_at
    recipient.account_version = command.version
    recipient.email = command.email
    recipient.first_name = command.first_name
    recipient.is_verified = command.is_verified
    recipient.account_locale = command.locale
    recipient.account_time_zone = command.time_zone


def remember_profile(session: Session, command: RememberProfile) -> None:
    """Take over a profile's state unless a newer one is known. Locks the recipient."""
    recipient = _recipient(session, command.account_id)
    if command.version <= recipient.profile_version:
        return
    recipient.profile_version = command.version
    recipient.profile_locale = command.locale
    recipient.profile_time_zone = command.time_zone


def _recipient(session: Session, account_id: int) -> Recipient:
    """Give the locked row, made when it is not there: either service may be heard first."""
    insert_unless_there(
        session,
        Recipient,
        {
            "account_id": account_id,
            "account_version": 0,
            "first_name": "",
            "is_verified": False,
            "profile_version": 0,
        },
    )
    return recipient_for_update(session, account_id)
