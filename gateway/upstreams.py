"""Calling the five services: a pool of kept connections, a breaker and a bulkhead for each.

Connections are aiohttp's, without cookies and without proxies from the environment. Every call has
one deadline that also cuts an upstream which sends a byte now and then. A connection is reused only
while it has been idle for less than `IDLE_SECONDS`, well below the services' keep-alive, and only
if the peer has not closed it; so no request dies on an old connection. What a service does with a
call, and who may make it, is not decided here.

An answer is read whole, or, where its caller takes it in pieces, up to `MAX_PIECE_BYTES`: the rest
is read ahead while it is taken (`Rest`), so that a slow reader costs no service a thread.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO

import aiohttp
import structlog
from multidict import CIMultiDict
from yarl import URL

from gateway.answers import BrokenOff
from gateway.home import Home, NotAtHome
from shared.http.breaker import BreakerIsOpen, ConcurrentBreaker, OperationBreakers
from shared.logs import described_error

CONNECT_SECONDS = 0.25
READ_SECONDS = 2.5
TOTAL_SECONDS = 3.0
IDLE_SECONDS = 30.0
WAIT_FOR_PERMIT_SECONDS = 1.0
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 2.0
RETRY_SHARE = 0.1
MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_PIECE_BYTES = 256 * 1024
MOST_AHEAD_BYTES = 64 * 1024 * 1024
REST_SECONDS = 30.0
_NEVER_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

Headers = Iterable[tuple[str, str]]


class UpstreamUnavailable(Exception):
    """The service did not answer in time, or is not asked at the moment."""

    def __init__(self, upstream: str, reason: str, retry_after_seconds: int = 1) -> None:
        self.upstream = upstream
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{upstream}: {reason}")


class _NothingSent(Exception):
    """The call failed before a byte reached the service: it may be made again."""


@dataclass(frozen=True, kw_only=True)
class UpstreamCall:
    """One request to a service; `target` is path and query, already encoded. `caller` is for whom
    it is made, where somebody asked for it.
    """

    method: str
    target: str
    headers: Headers = ()
    body: bytes | None = None
    may_be_retried: bool = False
    may_come_in_pieces: bool = False
    caller: str | None = None


@dataclass(frozen=True, kw_only=True)
class UpstreamAnswer:
    """What a service answered, bounded. Where there is a `rest`, the body is only its beginning."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    rest: "Rest | None" = None

    def header(self, name: str) -> str:
        """Give a header's value, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a call may take, in seconds, and how many may be under way."""

    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS
    idle_seconds: float = IDLE_SECONDS
    open_seconds: float = OPEN_SECONDS
    wait_for_permit_seconds: float = WAIT_FOR_PERMIT_SECONDS
    failures_to_open: int = FAILURES_TO_OPEN
    concurrent_calls: int = 85
    waiting_calls: int = 21


class _Bulkhead:
    """At most `concurrent_calls` at once and `waiting_calls` in line; whoever finds the line full
    is refused at once.
    """

    def __init__(self, patience: Patience) -> None:
        self._running = asyncio.Semaphore(patience.concurrent_calls)
        self._most = patience.concurrent_calls + patience.waiting_calls
        self._inside = 0
        self._wait_seconds = patience.wait_for_permit_seconds

    async def enter(self) -> bool:
        """Take a permit; False when there is none in time."""
        if self._inside >= self._most:
            return False
        self._inside += 1
        try:
            if self._running.locked():
                async with asyncio.timeout(self._wait_seconds):
                    await self._running.acquire()
            else:
                await self._running.acquire()
        except BaseException as error:
            self._inside -= 1
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def leave(self) -> None:
        """Give the permit back."""
        self._inside -= 1
        self._running.release()


class ReadAhead:
    """How much of all answers together is read before their callers take it."""

    def __init__(self, most_bytes: int = MOST_AHEAD_BYTES) -> None:
        self._room = most_bytes

    @property
    def has_room(self) -> bool:
        """Tell whether more may be read."""
        return self._room > 0

    def take(self, size: int) -> None:
        """Note what was read."""
        self._room -= size

    def give_back(self, size: int) -> None:
        """Note what was taken, or thrown away."""
        self._room += size


class Rest:
    """What is still to come of a service's answer: read ahead as long as there is room for it, else
    as fast as it is taken, and within `REST_SECONDS`. Its place at the service is given back when
    it was read.
    """

    is_endless = False

    def __init__(
        self, response: aiohttp.ClientResponse, begun_bytes: int, ahead: ReadAhead
    ) -> None:
        self._response = response
        self._read_bytes = begun_bytes
        self._ahead = ahead
        self._pieces: deque[bytes] = deque()
        self._has_come = asyncio.Event()
        self._was_taken = asyncio.Event()
        self._is_over = False
        self._is_broken = True  # until it was read whole
        self._leave: Callable[[], None] = lambda: None
        self._reading: asyncio.Task[None] | None = None

    def begin(self, leave: Callable[[], None]) -> None:
        """Begin to read; `leave` is called when nothing more is read."""
        self._leave = leave
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(self._end)  # also of one that was closed before it began

    def close(self) -> None:
        """Take no more of it."""
        if self._reading is not None:
            self._reading.cancel()
        while self._pieces:
            self._ahead.give_back(len(self._pieces.popleft()))
        self._was_taken.set()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._is_over and self._is_broken:
                raise BrokenOff
            if self._is_over:
                raise StopAsyncIteration
            self._has_come.clear()
            await self._has_come.wait()
        piece = self._pieces.popleft()
        self._ahead.give_back(len(piece))
        self._was_taken.set()
        return piece

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(REST_SECONDS):
                async for piece in self._response.content.iter_any():
                    await self._keep(piece)
            self._is_broken = False
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            structlog.get_logger().warning("answer_broken_off", **described_error(error))

    def _end(self, _reading: asyncio.Task[None]) -> None:
        self._response.close() if self._is_broken else self._response.release()
        self._is_over = True
        self._has_come.set()
        self._leave()

    async def _keep(self, piece: bytes) -> None:
        self._read_bytes += len(piece)
        if self._read_bytes > MAX_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError("the answer is too large")
        while self._pieces and not self._ahead.has_room:
            self._was_taken.clear()
            await self._was_taken.wait()
        self._ahead.take(len(piece))
        self._pieces.append(piece)
        self._has_come.set()


class _RetryBudget:
    """Lets at most one call in ten be made again, so that retries never multiply the load on a
    service in trouble.
    """

    def __init__(self) -> None:
        self._tokens = 1.0

    def earn(self) -> None:
        """Note one first attempt."""
        self._tokens = min(10.0, self._tokens + RETRY_SHARE)

    def spend(self) -> bool:
        """Take the right to one retry; False when there is none."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Upstream:
    """One service as the gateway sees it. All of it runs on the loop of `home`, but for
    `call_from_thread`.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        home: Home,
        patience: Patience | None = None,
        ahead: ReadAhead | None = None,
    ) -> None:
        self.name = name
        self._base_url = base_url.rstrip("/")
        self._home = home
        self._patience = patience or Patience()
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self._bulkhead = _Bulkhead(self._patience)
        self._breakers = OperationBreakers(
            lambda: ConcurrentBreaker(
                failures_to_open=self._patience.failures_to_open,
                open_seconds=self._patience.open_seconds,
                failures=(OSError, aiohttp.ClientError, _NothingSent),
            )
        )
        self._budget = _RetryBudget()
        self._ahead = ahead or ReadAhead()

    @property
    def breaker_state(self) -> str:
        """Give the state of the breakers: `closed` when all are."""
        return self._breakers.state

    async def call(self, call: UpstreamCall) -> UpstreamAnswer:
        """Ask the service, within the total time. A `rest` has to be taken to its end or closed.

        Raises:
            UpstreamUnavailable: no permit, an open breaker, no connection, no answer in time, or an
                answer that is no HTTP or too large.
        """
        deadline = asyncio.get_running_loop().time() + self._patience.total_seconds
        if not await self._bulkhead.enter():
            raise UpstreamUnavailable(self.name, "bulkhead")
        rest: Rest | None = None
        try:
            answer = await self._guarded(call, deadline)
            rest = answer.rest
        finally:
            if rest is None:
                self._bulkhead.leave()
        if rest is not None:
            rest.begin(self._bulkhead.leave)
        return answer

    def call_from_thread(self, call: UpstreamCall) -> UpstreamAnswer:
        """Ask from a thread beside the loop; see `call`."""
        try:
            return self._home.run(self.call(call))
        except NotAtHome as error:
            raise UpstreamUnavailable(self.name, "not started") from error

    async def close(self) -> None:
        """Close the connections, for good: what runs beside the loop may still be asking."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _guarded(self, call: UpstreamCall, deadline: float) -> UpstreamAnswer:
        self._budget.earn()
        try:
            async with asyncio.timeout_at(deadline):
                return await self._attempt_twice(call)
        except BreakerIsOpen as error:
            seconds = max(1, round(self._patience.open_seconds))
            raise UpstreamUnavailable(self.name, "breaker", seconds) from error
        except TimeoutError as error:
            raise UpstreamUnavailable(self.name, "timeout") from error
        except (OSError, aiohttp.ClientError, _NothingSent) as error:
            raise UpstreamUnavailable(self.name, "connection") from error

    async def _attempt_twice(self, call: UpstreamCall) -> UpstreamAnswer:
        breaker = self._breakers.of(call.method, call.target)
        try:
            with breaker.attempt(call.caller):
                return await self._attempt(call)
        except _NothingSent:
            if not call.may_be_retried or not self._budget.spend():
                raise
        with breaker.attempt(call.caller):
            return await self._attempt(call)

    async def _attempt(self, call: UpstreamCall) -> UpstreamAnswer:
        try:
            response = await self._asking().request(
                call.method,
                URL(self._base_url + call.target, encoded=True),
                headers=CIMultiDict((name, _sent(value)) for name, value in call.headers),
                data=_in_pieces(call.body),
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NothingSent from error
        rest: Rest | None = None
        try:
            body, is_whole = await _begun(response, call)
            if not is_whole:
                rest = Rest(response, len(body), self._ahead)
            headers = _spelled(response.raw_headers)
            return UpstreamAnswer(status=response.status, headers=headers, body=body, rest=rest)
        finally:
            if rest is None:
                response.release()

    def _asking(self) -> aiohttp.ClientSession:
        """Give the pool of connections. No cookies, no proxies from the environment, nothing added
        to what is sent, and nothing sent twice: the library would do that with a PUT whose
        connection broke.
        """
        if self._is_closed:
            raise UpstreamUnavailable(self.name, "closed")
        if self._session is None:
            patience = self._patience
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=patience.idle_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    sock_connect=patience.connect_seconds,
                    sock_read=patience.read_seconds,
                ),
                auto_decompress=False,
                skip_auto_headers=_NEVER_ADDED,
                read_bufsize=MAX_PIECE_BYTES,
            )
            self._session._retry_connection = False
        return self._session


def _sent(value: str) -> str:
    """Give a header's value so that the bytes which came are sent; aiohttp writes UTF-8."""
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace")


def _in_pieces(body: bytes | None) -> bytes | BytesIO | None:
    """Give a large body as a file: aiohttp writes one by the piece, and would hold the loop to
    write it at once.
    """
    return BytesIO(body) if body is not None and len(body) > MAX_PIECE_BYTES else body


async def _begun(response: aiohttp.ClientResponse, call: UpstreamCall) -> tuple[bytes, bool]:
    """Read the body, or its beginning where the rest may come in pieces; tell whether that is all
    of it.
    """
    if (response.content_length or 0) > MAX_ANSWER_BYTES:
        raise aiohttp.ClientPayloadError("the answer is too large")
    if response.content.is_eof():
        return response.content.read_nowait(), True
    pieces = bytearray()
    async for piece in response.content.iter_any():
        pieces += piece
        if len(pieces) > MAX_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError("the answer is too large")
        if call.may_come_in_pieces and len(pieces) > MAX_PIECE_BYTES:
            return bytes(pieces), response.content.at_eof()
    return bytes(pieces), True


def _spelled(raw_headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw_headers)


@dataclass(frozen=True, kw_only=True)
class Upstreams:
    """The five services by name."""

    by_name: Mapping[str, Upstream] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Upstream:
        return self.by_name[name]

    async def close(self) -> None:
        """Close every idle connection."""
        for upstream in self.by_name.values():
            await upstream.close()


def upstreams_at(urls: Mapping[str, str], home: Home, patience: Patience) -> Upstreams:
    """Build the upstreams from the settings' URLs."""
    ahead = ReadAhead()
    return Upstreams(
        by_name={name: Upstream(name, url, home, patience, ahead) for name, url in urls.items()}
    )
