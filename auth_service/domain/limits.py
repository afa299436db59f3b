"""Limits on failures and mails, kept in the database: they slow somebody down and never lock a
person out.

Failures count for the account and the network they come from, with a higher ceiling for the
account from everywhere. A device that has shown the account's password before has a count of its
own, which nobody elsewhere can fill.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from auth_service.domain.security import Security
from auth_service.models.attempts import Attempt
from shared.errors import TooManyRequests

_LOCKS_BY_ADDRESS = 0x41757468  # one name space of PostgreSQL's two-part advisory locks


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `most` attempts of a kind in a window; beyond that one every `then_every`, or none
    until the window has passed.
    """

    kind: str
    most: int
    window: timedelta
    then_every: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Caller:
    """From where somebody comes: the network limits count by, and what their client calls itself.
    Both together are a device.
    """

    network: str
    user_agent: str

    @property
    def device(self) -> str:
        """Name the device."""
        return f"{self.network} {self.user_agent}"


@dataclass(frozen=True, kw_only=True)
class Count:
    """A limit and whom it counts."""

    limit: Limit
    subject: str


LOGINS = Limit(
    kind="login",
    most=10,
    window=timedelta(minutes=5),
    then_every=timedelta(seconds=30),
)
LOGINS_OF_DEVICE = Limit(
    kind="login_device",
    most=10,
    window=timedelta(minutes=5),
    then_every=timedelta(seconds=30),
)
LOGINS_OF_ACCOUNT = Limit(kind="login_account", most=60, window=timedelta(minutes=15))
LOGINS_OF_NETWORK = Limit(kind="login_network", most=200, window=timedelta(minutes=5))
CODES = Limit(kind="code", most=5, window=timedelta(minutes=5))
CODES_OF_ACCOUNT = Limit(kind="code_account", most=20, window=timedelta(hours=1))
SECOND_FACTORS = Limit(kind="factor", most=5, window=timedelta(minutes=5))
SECOND_FACTORS_OF_DEVICE = Limit(kind="factor_device", most=5, window=timedelta(minutes=5))
SECOND_FACTORS_OF_ACCOUNT = Limit(kind="factor_account", most=20, window=timedelta(hours=1))
MAILS = Limit(kind="mail", most=3, window=timedelta(hours=6))
MAILS_TO_MAILBOX = Limit(kind="mail_mailbox", most=9, window=timedelta(hours=6))
MAILS_OF_NETWORK = Limit(kind="mail_network", most=60, window=timedelta(hours=1))
INVITATIONS = Limit(kind="invitation", most=3, window=timedelta(hours=6))
ADDRESS_CHANGES = Limit(kind="address_change", most=5, window=timedelta(hours=24))
LONGEST_WINDOW = ADDRESS_CHANGES.window


def logins(email: str, caller: Caller, *, is_known_device: bool) -> Sequence[Count]:
    """Give what a wrong password counts against."""
    if is_known_device:
        return (Count(limit=LOGINS_OF_DEVICE, subject=f"{email} {caller.device}"),)
    return (
        Count(limit=LOGINS, subject=f"{email} {caller.network}"),
        Count(limit=LOGINS_OF_ACCOUNT, subject=email),
        Count(limit=LOGINS_OF_NETWORK, subject=caller.network),
    )


def codes(purpose: str, email: str, caller: Caller, *, is_known_device: bool) -> Sequence[Count]:
    """Give what a wrong code counts against."""
    here = Count(limit=CODES, subject=f"{purpose} {email} {caller.network}")
    if is_known_device:
        return (here,)
    return (here, Count(limit=CODES_OF_ACCOUNT, subject=f"{purpose} {email}"))


def second_factors(account_id: int, caller: Caller, *, is_known_device: bool) -> Sequence[Count]:
    """Give what a wrong code of a second factor counts against."""
    if is_known_device:
        return (
            Count(limit=SECOND_FACTORS_OF_DEVICE, subject=f"account {account_id} {caller.device}"),
        )
    return (
        Count(limit=SECOND_FACTORS, subject=f"account {account_id} {caller.network}"),
        Count(limit=SECOND_FACTORS_OF_ACCOUNT, subject=f"account {account_id}"),
    )


def mails(purpose: str, email: str, caller: Caller) -> Sequence[Count]:
    """Give what a request for a code counts against, beyond which it is refused."""
    return (
        Count(limit=MAILS, subject=f"{purpose} {email} {caller.network}"),
        Count(limit=MAILS_OF_NETWORK, subject=caller.network),
    )


def mails_to_mailbox(purpose: str, email: str) -> Sequence[Count]:
    """Give what a mailed code counts against, beyond which nothing is mailed and nobody told."""
    return (Count(limit=MAILS_TO_MAILBOX, subject=f"{purpose} {email}"),)


def invitations(email: str) -> Sequence[Count]:
    """Give what an invitation by staff counts against."""
    return (Count(limit=INVITATIONS, subject=email),)


def address_changes(account_id: int) -> Sequence[Count]:
    """Give what asking for another address counts against."""
    return (Count(limit=ADDRESS_CHANGES, subject=f"account {account_id}"),)


def alone_with(session: Session, email: str) -> None:
    """Let one transaction at a time decide about an address, known or not, until it commits.

    On SQLite every writing transaction is alone anyway. Taken before any row is locked, so that
    two transactions never wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock(_LOCKS_BY_ADDRESS, func.hashtext(email))
        session.execute(select(lock))


def check_limits(
    session: Session, counts: Sequence[Count], *, security: Security, now: datetime
) -> None:
    """Refuse while a limit is reached; the address must be held by `alone_with`.

    Raises:
        TooManyRequests: with the seconds until the next attempt counts.
    """
    longest = max(_wait(session, count, security=security, now=now) for count in counts)
    if longest > timedelta(0):
        raise TooManyRequests(retry_after_seconds=ceil(longest.total_seconds()))


def has_room(
    session: Session, counts: Sequence[Count], *, security: Security, now: datetime
) -> bool:
    """Tell whether no limit is reached."""
    return all(
        _wait(session, count, security=security, now=now) <= timedelta(0) for count in counts
    )


def note_attempt(
    session: Session, counts: Sequence[Count], *, security: Security, now: datetime
) -> Sequence[int]:
    """Count one attempt against each and give the ids of what was counted."""
    noted = [
        Attempt(kind=count.limit.kind, key=_key(security, count), made_at=now) for count in counts
    ]
    session.add_all(noted)
    session.flush()
    return [each.id for each in noted]


def forget_attempts(session: Session, attempt_ids: Sequence[int]) -> None:
    """Uncount an attempt that turned out right."""
    session.execute(delete(Attempt).where(Attempt.id.in_(attempt_ids)))


def prune_attempts(session: Session, now: datetime) -> None:
    """Delete what no limit looks at any more."""
    session.execute(delete(Attempt).where(Attempt.made_at < now - LONGEST_WINDOW))


def _wait(session: Session, count: Count, *, security: Security, now: datetime) -> timedelta:
    """Give how long until there is room; not positive when there is."""
    limit = count.limit
    most = max(1, round(limit.most * security.limit_scale))
    made = (
        select(Attempt.made_at)
        .where(
            Attempt.kind == limit.kind,
            Attempt.key == _key(security, count),
            Attempt.made_at > now - limit.window,
        )
        .order_by(Attempt.made_at.desc())
    )
    oldest_that_counts = session.execute(made.offset(most - 1).limit(1)).scalar_one_or_none()
    if oldest_that_counts is None:
        return timedelta(0)
    until_room = oldest_that_counts + limit.window - now
    if limit.then_every is None:
        return until_room
    newest = session.execute(made.limit(1)).scalar_one()
    return min(until_room, newest + limit.then_every / security.limit_scale - now)


def _key(security: Security, count: Count) -> str:
    return security.keyed_hash("limit", count.subject)
