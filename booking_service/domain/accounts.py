"""What this service asks auth about accounts, as a port; `clients/accounts.py` asks over HTTP."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Account:
    """The part of an account that matters here."""

    account_id: int
    first_name: str
    last_name: str
    role: str
    locale: str = "en"
    time_zone: str | None = None
    version: int = 0
    is_locked: bool = False

    @property
    def is_active_therapist(self) -> bool:
        """Tell whether clients may come: the role is a therapist's, and nobody has locked it."""
        return self.role == "therapist" and not self.is_locked

    @property
    def full_name(self) -> str:
        """Give first and last name as one text."""
        return f"{self.first_name} {self.last_name}".strip()


class AccountDirectory(Protocol):
    """Knows who somebody is; outside of this service, so never asked inside a transaction."""

    def account(self, account_id: int) -> Account:
        """Give an account.

        Raises:
            AccountNotFound: nobody has one under that id.
            Unavailable: the directory does not answer.
        """
        ...

    def accounts(self, account_ids: Collection[int]) -> Mapping[int, Account]:
        """Give the accounts that exist, by id.

        Raises:
            Unavailable: the directory does not answer.
        """
        ...
