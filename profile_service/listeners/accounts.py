"""Accounts as auth_service tells of them."""

from sqlalchemy.orm import Session

from profile_service.domain.accounts import remember_account
from profile_service.domain.profiles import follow_language, take_over_sign_up
from profile_service.listeners.schemas.accounts import AccountSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def welcome_account_of(session: Session, envelope: Envelope) -> None:
    """Keep the copy of a new account and make its profile."""
    account = command_of(AccountSchema, envelope)
    remember_account(session, account)
    take_over_sign_up(session, account)


def remember_account_of(session: Session, envelope: Envelope) -> None:
    """Keep the copy of an account, and let the profile follow its language."""
    account = command_of(AccountSchema, envelope)
    former_locale = remember_account(session, account)
    if former_locale is not None:
        follow_language(session, account, former_locale=former_locale)
