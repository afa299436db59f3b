"""Checking address and password: a try is counted before comparing and uncounted when it was right;
the comparison itself happens between the two transactions.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.limits import (
    LOGINS,
    alone_with,
    check_limits,
    forget_attempt,
    note_attempt,
)
from auth_service.domain.security import Security
from auth_service.errors import InvalidCredentials
from auth_service.models.accounts import Account
from auth_service.queries.accounts import account_for_update, account_with_email


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What somebody shows."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class CountedTry:
    """A try that was counted, and what the password is to be compared with; nobody's account has
    no hash.
    """

    attempt_id: int
    account_id: int | None
    password_hash: str | None = field(repr=False)


def count_try(session: Session, email: str, *, security: Security, now: datetime) -> CountedTry:
    """Count a try for an address, known or not.

    Raises:
        TooManyRequests: too many wrong ones lately.
    """
    alone_with(session, email)
    check_limits(session, LOGINS, email, security=security, now=now)
    account = account_with_email(session, email)
    return CountedTry(
        attempt_id=note_attempt(session, LOGINS, email, security=security, now=now),
        account_id=account.id if account is not None else None,
        password_hash=account.password_hash if account is not None else None,
    )


def record_refusal(session: Session, counted: CountedTry, act: Act, *, now: datetime) -> None:
    """Leave a trace of a wrong password; the try stays counted."""
    add_audit_entry(session, act, account_id=counted.account_id, now=now)


def account_shown(session: Session, counted: CountedTry) -> Account:
    """Give the account whose password was right, locked, with the try uncounted.

    Raises:
        InvalidCredentials: it is locked against logins, or the password was changed in between.
    """
    account = account_for_update(session, counted.account_id or 0)
    if account is None or account.is_locked or account.password_hash != counted.password_hash:
        raise InvalidCredentials
    forget_attempt(session, counted.attempt_id)
    return account
