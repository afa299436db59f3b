"""Accounts as auth_service tells of them."""

from sqlalchemy.orm import Session

from notification_service.domain.recipients import remember_account
from notification_service.listeners.schemas.accounts import AccountSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def remember_account_of(session: Session, envelope: Envelope) -> None:
    """Keep how the person is reached; mails that waited for them are due from now on."""
    remember_account(session, command_of(AccountSchema, envelope))
