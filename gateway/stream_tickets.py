"""Tickets for browsers: their EventSource sends no header, so it opens a stream by a ticket in the
URL, which lives a minute and opens one stream. What is kept is a hash of it and whom it speaks for.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from dataclasses import asdict
from typing import Final, Protocol

import orjson
import structlog

from gateway.errors import unavailable
from shared.access_tokens import Identity
from shared.logs import described_error

TICKET_SECONDS: Final = 60
MOST_TICKETS: Final = 50_000
MAX_TICKET_CHARACTERS: Final = 100
REDIS_PREFIX: Final = "hearth:stream-tickets"


class StreamTickets(Protocol):
    """What both stores promise."""

    may_wait: bool
    """Whether asking asks another host: then it has no place on the event loop."""

    def issue(self, identity: Identity) -> str:
        """Make a ticket.

        Raises:
            Refused: `UNAVAILABLE`, nobody can keep it at the moment.
        """
        ...

    def redeem(self, ticket: str) -> Identity | None:
        """Give whom a ticket speaks for, once; None for one that is unknown, used or too old.

        Raises:
            Refused: `UNAVAILABLE`, nobody can tell at the moment.
        """
        ...


class MemoryTickets:
    """The tickets of the only process there is."""

    may_wait = False

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Identity, float]] = OrderedDict()

    def issue(self, identity: Identity) -> str:
        """See StreamTickets."""
        now = time.monotonic()
        while self._kept and next(iter(self._kept.values()))[1] <= now:
            self._kept.popitem(last=False)
        if len(self._kept) >= MOST_TICKETS:
            raise unavailable(TICKET_SECONDS)
        ticket = secrets.token_urlsafe(32)
        self._kept[_digest(ticket)] = (identity, now + TICKET_SECONDS)
        return ticket

    def redeem(self, ticket: str) -> Identity | None:
        """See StreamTickets."""
        identity, until = self._kept.pop(_digest(ticket), (None, 0.0))
        return identity if until > time.monotonic() else None


class RedisTickets:
    """The tickets of several processes. Keys `<prefix>:<hash>`, which expire by themselves."""

    may_wait = True

    def __init__(self, url: str, *, prefix: str = REDIS_PREFIX) -> None:
        import redis

        self._errors = (redis.RedisError, OSError)
        self._prefix = prefix
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=0.5)

    def issue(self, identity: Identity) -> str:
        """See StreamTickets."""
        ticket = secrets.token_urlsafe(32)
        kept = orjson.dumps(asdict(identity))
        try:
            self._redis.set(f"{self._prefix}:{_digest(ticket)}", kept, ex=TICKET_SECONDS)
        except self._errors as error:
            self._complain(error)
            raise unavailable() from error
        return ticket

    def redeem(self, ticket: str) -> Identity | None:
        """See StreamTickets."""
        try:
            kept = self._redis.getdel(f"{self._prefix}:{_digest(ticket)}")
        except self._errors as error:
            self._complain(error)
            raise unavailable() from error
        return Identity(**orjson.loads(kept)) if kept else None  # type: ignore[arg-type] # the client's types allow an awaitable

    def _complain(self, error: Exception) -> None:
        structlog.get_logger().warning("stream_tickets_unavailable", **described_error(error))


def stream_tickets_at(redis_url: str | None) -> StreamTickets:
    """Give the store the settings name: Redis when there is a URL, else this process."""
    return RedisTickets(redis_url) if redis_url else MemoryTickets()


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
