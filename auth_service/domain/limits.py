"""Limits on failures and mails per address, kept in the database: they slow somebody down and never
lock an account out for good.
"""

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
    """At most `most` attempts of a kind in a window, for one address."""

    kind: str
    most: int
    window: timedelta


LOGINS = (Limit(kind="login", most=10, window=timedelta(minutes=5)),)
CODES = (
    Limit(kind="code", most=5, window=timedelta(minutes=5)),
    Limit(kind="code", most=20, window=timedelta(hours=1)),
)
LONGEST_WINDOW = timedelta(hours=6)


def code_requests(purpose: str) -> tuple[Limit, ...]:
    """Give the limit on requests for codes of a purpose; each purpose has its own, so that
    strangers who sign somebody up cannot deny them a reset.
    """
    return (Limit(kind=purpose, most=3, window=LONGEST_WINDOW),)


def alone_with(session: Session, email: str) -> None:
    """Let one transaction at a time decide about an address, known or not, until it commits.

    On SQLite every writing transaction is alone anyway. Taken before any row is locked, so that
    two transactions never wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock(_LOCKS_BY_ADDRESS, func.hashtext(email))
        session.execute(select(lock))


def check_limits(
    session: Session, limits: tuple[Limit, ...], email: str, *, security: Security, now: datetime
) -> None:
    """Refuse while a limit is reached; the address must be held by `alone_with`.

    Raises:
        TooManyRequests: with the seconds until the next attempt counts.
    """
    waits = [_wait(session, limit, email, security=security, now=now) for limit in limits]
    longest = max(waits)
    if longest > timedelta(0):
        raise TooManyRequests(retry_after_seconds=ceil(longest.total_seconds()))


def has_room(
    session: Session, limits: tuple[Limit, ...], email: str, *, security: Security, now: datetime
) -> bool:
    """Tell whether no limit is reached."""
    return all(
        _wait(session, limit, email, security=security, now=now) <= timedelta(0) for limit in limits
    )


def note_attempt(
    session: Session, limits: tuple[Limit, ...], email: str, *, security: Security, now: datetime
) -> int:
    """Count one attempt and give its id."""
    attempt = Attempt(kind=limits[0].kind, key=_key(security, email), made_at=now)
    session.add(attempt)
    session.flush()
    return attempt.id


def forget_attempt(session: Session, attempt_id: int) -> None:
    """Uncount an attempt that turned out right."""
    session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def prune_attempts(session: Session, now: datetime) -> None:
    """Delete what no limit looks at any more."""
    session.execute(delete(Attempt).where(Attempt.made_at < now - LONGEST_WINDOW))


def _wait(
    session: Session, limit: Limit, email: str, *, security: Security, now: datetime
) -> timedelta:
    """Give how long until there is room; not positive when there is."""
    most = max(1, round(limit.most * security.limit_scale))
    oldest_that_counts = session.execute(
        select(Attempt.made_at)
        .where(
            Attempt.kind == limit.kind,
            Attempt.key == _key(security, email),
            Attempt.made_at > now - limit.window,
        )
        .order_by(Attempt.made_at.desc())
        .offset(most - 1)
        .limit(1)
    ).scalar_one_or_none()
    if oldest_that_counts is None:
        return timedelta(0)
    return oldest_that_counts + limit.window - now


def _key(security: Security, email: str) -> str:
    return security.keyed_hash("limit", email)
