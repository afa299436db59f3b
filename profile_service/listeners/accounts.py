"""Accounts as auth_service tells of them."""

from sqlalchemy.orm import Session

from profile_service.domain.accounts import Account, remember_account
from profile_service.domain.profiles import take_over_sign_up
from profile_service.listeners.schemas.accounts import AccountSchema
from profile_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def welcome_account_of(session: Session, envelope: Envelope) -> None:
    """Keep the copy of a new account and make its profile."""
    account = Account(**data_of(AccountSchema, envelope))
    remember_account(session, account)
    take_over_sign_up(session, account)


def remember_account_of(session: Session, envelope: Envelope) -> None:
    """Keep the copy of an account."""
    remember_account(session, Account(**data_of(AccountSchema, envelope)))
