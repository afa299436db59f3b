"""Who somebody is: auth_service knows; a copy is kept for when it cannot be asked."""

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from profile_service.errors import ProfileNotFound
from profile_service.models.accounts import KnownAccount
from profile_service.queries.accounts import known_account_for_update
from shared.database import insert_unless_there
from shared.errors import Unavailable


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, as far as profiles need it; `country` and `time_zone` are the sign-up's."""

    account_id: int
    version: int
    email: str = field(repr=False)
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    role: str
    locale: str
    is_verified: bool = False
    country: str | None = None
    time_zone: str | None = None


class Accounts(Protocol):
    """Gives accounts."""

    def find(self, account_id: int) -> Account | None:
        """Give an account, or None when there is none (any more).

        Raises:
            Unavailable: nobody answered in time.
        """
        ...


def present_account(accounts: Accounts, account_id: int, known: Account | None) -> Account:
    """Give an account as it is now; the copy when its owner cannot be asked.

    Raises:
        ProfileNotFound: there is no such account.
        Unavailable: the owner cannot be asked and there is no copy.
    """
    try:
        found = accounts.find(account_id)
    except Unavailable:
        if known is None:
            raise
        return known
    if found is None:
        raise ProfileNotFound
    return found


def are_proven(accounts: Accounts, *known: tuple[int, Account | None]) -> bool:
    """Tell whether the addresses of all these accounts are proven by now; the copies answer while
    their owner cannot be asked, and what nobody can tell is not proven.
    """
    try:
        return all(present_account(accounts, *each).is_verified for each in known)
    except (ProfileNotFound, Unavailable):
        return False


def known_or_present_account(accounts: Accounts, account_id: int, known: Account | None) -> Account:
    """Give an account by the copy, else ask its owner before saying that there is none; see
    `present_account` for what is raised.
    """
    return known if known is not None else present_account(accounts, account_id, None)


def remember_account(session: Session, account: Account) -> str | None:
    """Take over an account's state unless a newer one is known. Locks the copy. Give the language
    it had where that has changed, else None.
    """
    values = {
        "version": account.version,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "role": account.role,
        "locale": account.locale,
        "is_verified": account.is_verified,
    }
    if insert_unless_there(session, KnownAccount, {"account_id": account.account_id, **values}):
        return None
    known = known_account_for_update(session, account.account_id)
    if account.version <= known.version:
        return None
    former_locale = known.locale
    for name, value in values.items():
        setattr(known, name, value)
    return None if former_locale == account.locale else former_locale
