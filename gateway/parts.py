"""What the gateway is put together from."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.admission import Admission
from gateway.answers import Finisher
from gateway.authentication import Gatekeeper
from gateway.bodies import Bodies
from gateway.callers import Proxies
from gateway.ended_sessions import EndedSessionsKeeper
from gateway.hearing import Hearing
from gateway.home import Home
from gateway.metrics import Metrics
from gateway.routes import RouteTable
from gateway.stream_places import StreamPlaces
from gateway.stream_tickets import StreamTickets
from gateway.streams import Streams
from gateway.upstreams import Upstream, Upstreams
from shared.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything a request may need; built once by `create_app`."""

    table: RouteTable
    upstreams: Upstreams
    gatekeeper: Gatekeeper
    keeper: EndedSessionsKeeper
    admission: Admission
    bodies: Bodies
    finisher: Finisher
    metrics: Metrics
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
    stream_places: StreamPlaces
    hearing: Hearing
