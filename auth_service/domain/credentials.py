"""Checking address and password: a try is counted before comparing and uncounted when it was right;
the comparison itself happens between the two transactions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.known_devices import is_known_device, remember_device
from auth_service.domain.limits import (
    Caller,
    alone_with,
    check_limits,
    forget_attempts,
    logins,
    note_attempt,
)
from auth_service.domain.security import Security
from auth_service.errors import InvalidCredentials
from auth_service.models.accounts import Account
from auth_service.queries.accounts import account_for_update, account_with_email
from auth_service.queries.second_factors import has_second_factor


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

    attempt_ids: Sequence[int]
    account_id: int | None
    password_hash: str | None = field(repr=False)


def count_try(
    session: Session, email: str, caller: Caller, *, security: Security, now: datetime
) -> CountedTry:
    """Count a try for an address, known or not.

    Raises:
        TooManyRequests: too many wrong ones lately.
    """
    alone_with(session, email)
    account = account_with_email(session, email)
    is_known = is_known_device(session, account, caller, security=security, now=now)
    counts = logins(email, caller, is_known_device=is_known)
    check_limits(session, counts, security=security, now=now)
    return CountedTry(
        attempt_ids=note_attempt(session, counts, security=security, now=now),
        account_id=account.id if account is not None else None,
        password_hash=account.password_hash if account is not None else None,
    )


def record_refusal(session: Session, counted: CountedTry, act: Act, *, now: datetime) -> None:
    """Leave a trace of a wrong password; the try stays counted."""
    add_audit_entry(session, act, account_id=counted.account_id, now=now)


def account_shown(
    session: Session, counted: CountedTry, caller: Caller, *, security: Security, now: datetime
) -> Account:
    """Give the account whose password was right, locked, with the try uncounted and the device
    remembered; where a second factor stands, only one that shows it is.

    Raises:
        InvalidCredentials: it is locked against logins, or the password was changed in between.
    """
    account = account_for_update(session, counted.account_id or 0)
    if account is None or account.is_locked or account.password_hash != counted.password_hash:
        raise InvalidCredentials
    forget_attempts(session, counted.attempt_ids)
    if not has_second_factor(session, account.id):
        remember_device(session, account, caller, security=security, now=now)
    return account
