"""What the gateway is put together from, and what it notes about the one request it works on."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from gateway.answers import Finisher
from gateway.authentication import Gatekeeper
from gateway.bodies import (
    LargeBodies,
    SlowBodies,
    SlowLargeBodies,
    declared_bytes,
    read_body,
    refuse_coded_body,
)
from gateway.callers import Proxies
from gateway.dialects.clean import CLEAN
from gateway.dialects.speech import NO_HABITS, Dialect, Habit
from gateway.ended_sessions import EndedSessionsKeeper
from gateway.errors import Fault, Refused
from gateway.hearing import Hearing
from gateway.home import Home
from gateway.limits import GENERAL, Limits, Outcome
from gateway.metrics import Metrics
from gateway.routes import (
    FIELDS_LIMIT,
    LIMITS_PER_ACCOUNT,
    LIMITS_PER_LOGIN_SESSION,
    Limit,
    RouteTable,
    Row,
)
from gateway.stream_tickets import StreamTickets
from gateway.streams import Streams
from gateway.upstreams import Upstream, Upstreams
from shared.access_tokens import Identity
from shared.clock import Clock
from shared.http.addresses import network_of
from shared.logs import current_correlation_id


@dataclass(kw_only=True)
class Trace:
    """What is known about the request in hand, for rendering a refusal, for logs and metrics."""

    method: str
    address: str
    label: str = "unknown"
    dialect: Dialect = CLEAN
    row: Row | None = None
    account_id: int | None = None
    upstream: str | None = None
    holds_large_body: bool = False
    counted_as: str | None = None
    entered: dict[Limit, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    may_set_cookie: bool = False
    idempotency_key: str | None = None
    descriptive_headers: list[tuple[str, str]] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Note the legacy row that answers."""
        self.row = row
        self.label = row.number
        self.dialect = row.dialect

    @property
    def limited_by(self) -> str:
        """Give what limits per network count this caller by."""
        return network_of(self.address)

    @property
    def caller(self) -> str:
        """Give for whom services are called: an account, or a network as long as nobody is
        known.
        """
        if self.account_id is not None:
            return f"account {self.account_id}"
        return self.limited_by

    @property
    def habits(self) -> frozenset[Habit]:
        """Give what the legacy row does unlike others; nothing where none was found."""
        return self.row.habits if self.row is not None else NO_HABITS


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything a request may need; built once by `create_app`."""

    table: RouteTable
    upstreams: Upstreams
    gatekeeper: Gatekeeper
    keeper: EndedSessionsKeeper
    limits: Limits
    finisher: Finisher
    metrics: Metrics
    slow_bodies: SlowBodies
    large_bodies: LargeBodies
    slow_large_bodies: SlowLargeBodies
    proxies: Proxies
    portal: Upstream
    portal_key: str
    clock: Clock
    service_time_zone: ZoneInfo
    public_url: str
    own_origins: frozenset[str]
    internal_key: str
    home: Home
    streams: Streams
    stream_tickets: StreamTickets
    hearing: Hearing

    async def body(self, environ: Mapping[str, Any], size_limit: int, trace: Trace) -> bytes:
        """Read the request's body; what is larger than fields ever are has to find a place first,
        which `let_go` gives back.

        Raises:
            Refused: too large, incomplete, ambiguous, or no place for it.
        """
        length = declared_bytes(environ)
        if length != 0:
            refuse_coded_body(environ)
        least = size_limit if length is None else length
        if FIELDS_LIMIT < least <= size_limit and not trace.holds_large_body:
            await self.large_bodies.enter()
            trace.holds_large_body = True
        place = partial(self.slow_bodies.place, trace.limited_by)
        if trace.holds_large_body:
            place = partial(self.slow_large_bodies.place, trace.caller, trace.limited_by)
        return await read_body(environ, size_limit, place)

    async def let_go(self, trace: Trace) -> None:
        """Free what a request held, and count it by how it ended; called once, when its answer is
        there.
        """
        if trace.holds_large_body:
            self.large_bodies.leave()
        for limit, key in trace.entered.items():
            await self._counted(self.limits.leave, limit, key, trace.outcome)

    async def count_general(self, trace: Trace, identity: Identity | None = None) -> None:
        """Count a request against the general limit, once: by network until somebody is known, by
        login session from then on.

        Raises:
            Refused: too many requests.
        """
        key = identity.login_session_id if identity is not None else trace.limited_by
        if trace.counted_as is not None:
            if identity is None or trace.counted_as == key:
                return
            await self._counted(self.limits.give_back, trace.counted_as)
        trace.counted_as = key
        await self._counted(self.limits.count, GENERAL, key)

    async def count_limit(
        self, limit: Limit | None, trace: Trace, identity: Identity | None
    ) -> None:
        """Count against a narrow limit, where there is one, and once: by network, or by login
        session or account where the table says so.

        Staff open accounts for others, so their number of registrations is not limited.
        """
        if limit is None or limit in trace.entered:
            return
        if limit is Limit.REGISTRATION and identity is not None and identity.is_staff:
            return
        key = trace.limited_by
        if identity is not None and limit in LIMITS_PER_LOGIN_SESSION:
            key = identity.login_session_id
        elif identity is not None and limit in LIMITS_PER_ACCOUNT:
            key = f"account {identity.account_id}"
        await self._counted(self.limits.enter, limit, key)
        trace.entered[limit] = key

    async def identified(self, token: str | None, trace: Trace) -> Identity:
        """Give who the token speaks for, counted against the general limit: by login session, or by
        network when there is no good one.

        Raises:
            Refused: no token, or one that is not good; too many requests.
        """
        if token is None:
            raise Refused(Fault.NO_TOKEN)
        identity = await self.gatekeeper.identify(token)
        trace.account_id = identity.account_id
        await self.count_general(trace, identity)
        return identity

    async def _counted(self, count: Callable[..., None], *arguments: object) -> None:
        """Count here where this process counts, beside the event loop where another host does."""
        if self.limits.may_wait:
            await asyncio.to_thread(count, *arguments)
        else:
            count(*arguments)

    def own_headers(self, token: str | None, trace: Trace) -> list[tuple[str, str]]:
        """Give what the gateway tells every service: the token, the request's id, the caller's
        address.
        """
        headers = [
            ("X-Request-ID", current_correlation_id() or ""),
            ("X-Forwarded-For", trace.address),
        ]
        if token is not None:
            headers.append(("Authorization", f"Bearer {token}"))
        return headers
