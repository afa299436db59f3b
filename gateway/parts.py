"""What the gateway is put together from, and what it notes about the one request it works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from gateway.answers import Finisher
from gateway.authentication import Gatekeeper
from gateway.bodies import LargeBodies, SlowBodyWatch, declared_bytes, read_body
from gateway.callers import Proxies
from gateway.dialects.clean import CLEAN
from gateway.dialects.speech import Dialect
from gateway.ended_sessions import EndedSessionsKeeper
from gateway.errors import Fault, Refused
from gateway.limits import GENERAL, Limits
from gateway.metrics import Metrics
from gateway.routes import FIELDS_LIMIT, LIMITS_PER_LOGIN_SESSION, Limit, RouteTable, Row
from gateway.upstreams import Upstream, Upstreams
from shared.clock import Clock
from shared.http.addresses import network_of
from shared.http.authentication import Identity
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
    def row_number(self) -> str:
        """Give the legacy row's number, or an empty string."""
        return self.row.number if self.row is not None else ""


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
    slow_bodies: SlowBodyWatch
    large_bodies: LargeBodies
    proxies: Proxies
    portal: Upstream
    portal_key: str
    clock: Clock
    service_time_zone: ZoneInfo
    public_url: str
    own_origins: frozenset[str]
    internal_key: str

    def body(self, environ: Mapping[str, Any], size_limit: int, trace: Trace) -> bytes:
        """Read the request's body; what is larger than fields ever are has to find a place first,
        which `let_go` gives back.

        Raises:
            Refused: too large, incomplete, ambiguous, or no place for it.
        """
        length = declared_bytes(environ)
        least = size_limit if length is None else length
        if FIELDS_LIMIT < least <= size_limit and not trace.holds_large_body:
            self.large_bodies.enter()
            trace.holds_large_body = True
        return read_body(environ, size_limit, self.slow_bodies)

    def let_go(self, trace: Trace) -> None:
        """Free what a request held; called once, when its answer is there."""
        if trace.holds_large_body:
            self.large_bodies.leave()

    def count_limit(self, limit: Limit | None, trace: Trace, identity: Identity | None) -> None:
        """Count against a narrow limit, where there is one: by address, or by login session what
        is said of `LIMITS_PER_LOGIN_SESSION`.

        Staff open accounts for others, so their number of registrations is not limited.
        """
        if limit is None:
            return
        if limit is Limit.REGISTRATION and identity is not None and identity.is_staff:
            return
        is_per_session = limit in LIMITS_PER_LOGIN_SESSION and identity is not None
        key = identity.login_session_id if is_per_session and identity else trace.limited_by
        self.limits.count(limit, key)

    def identified(self, token: str | None, trace: Trace) -> Identity:
        """Give who the token speaks for, counted against the general limit: by login session, or by
        address when there is no good one.

        Raises:
            Refused: no token, or one that is not good; too many requests.
        """
        if token is None:
            self.limits.count(GENERAL, trace.limited_by)
            raise Refused(Fault.NO_TOKEN)
        try:
            identity = self.gatekeeper.identify(token)
        except Refused:
            self.limits.count(GENERAL, trace.limited_by)
            raise
        trace.account_id = identity.account_id
        self.limits.count(GENERAL, identity.login_session_id)
        return identity

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
