"""Checking address and password around the transaction: count the try, compare outside, then
record. Shared by everything that asks for a password.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from auth_service.api.visitors import caller_of_request
from auth_service.domain.audit_entries import Act
from auth_service.domain.credentials import (
    CountedTry,
    Credentials,
    account_shown,
    count_try,
    record_refusal,
)
from auth_service.domain.limits import forget_attempts
from auth_service.errors import InvalidCredentials, OldPasswordIncorrect
from auth_service.models.accounts import Account
from auth_service.parts import parts
from auth_service.queries.accounts import account_by_id
from shared.access_tokens import Identity
from shared.errors import ServiceError, Unavailable
from shared.http.context import clock, database

T = TypeVar("T")


def with_right_password(credentials: Credentials, work: Callable[[Session, Account], T]) -> T:
    """Run `work` in a writing transaction with the account, locked, that the credentials open.

    Raises:
        InvalidCredentials: unknown, wrong, or locked: all alike, and all take as long.
        TooManyRequests: too many wrong ones lately.
        Unavailable: too many passwords are being compared.
    """
    counted = counted_and_compared(credentials, InvalidCredentials(), Act.LOGIN_REFUSED)
    fresh_hash = _fresh_hash(counted, credentials.password)

    security, now, caller = parts().security, clock().now(), caller_of_request()

    def record(session: Session) -> T:
        account = account_shown(session, counted, caller, security=security, now=now)
        if fresh_hash is not None:
            account.password_hash = fresh_hash
        return work(session, account)

    return database().writing(record)


def with_own_password(identity: Identity, password: str, work: Callable[[Session], T]) -> T:
    """Run `work` in a writing transaction once the caller has shown their own password.

    Raises:
        OldPasswordIncorrect: it is another one.
        TooManyRequests: too many wrong ones lately.
        Unavailable: too many passwords are being compared.
    """
    email = database().reading(lambda session: account_by_id(session, identity.account_id).email)
    shown = Credentials(email=email, password=password)
    counted = counted_and_compared(shown, OldPasswordIncorrect(), Act.SECOND_FACTOR_REFUSED)

    def record(session: Session) -> T:
        forget_attempts(session, counted.attempt_ids)
        return work(session)

    return database().writing(record)


def counted_and_compared(credentials: Credentials, refusal: ServiceError, act: Act) -> CountedTry:
    """Count a try and compare the password; a wrong one is recorded and refused with `refusal`. A
    try for which there is no place to compare is neither counted nor written.
    """
    now, security, caller = clock().now(), parts().security, caller_of_request()
    with parts().hashing.place(caller.network) as place:
        counted = database().writing(
            lambda session: count_try(
                session, credentials.email, caller, security=security, now=now
            )
        )
        is_right = place.matches(counted.password_hash, credentials.password)
    if not is_right:
        database().writing(lambda session: record_refusal(session, counted, act, now=now))
        raise refusal
    return counted


def hash_of(password: str) -> str:
    """Hash a new password for whoever sent the request. Never called inside a transaction.

    Raises:
        Unavailable: too many passwords are being hashed or compared.
    """
    return parts().hashing.hash(password, caller_of_request().network)


def _fresh_hash(counted: CountedTry, password: str) -> str | None:
    """Hash again with today's parameters where the kept hash has older ones; at another login when
    too many others are hashing.
    """
    hashing = parts().hashing
    if counted.password_hash is None or not hashing.is_outdated(counted.password_hash):
        return None
    try:
        return hash_of(password)
    except Unavailable:
        return None
