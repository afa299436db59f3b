"""Calling the five services: a pool of kept connections, a breaker and a bulkhead for each.

Connections are `http.client`'s, without cookies and without proxies from the environment. Every
call has one deadline that also cuts an upstream which sends a byte now and then. A connection is
reused only while it has been idle for less than `IDLE_SECONDS`, well below the services'
keep-alive, and only if the peer has not closed it; so no request dies on an old connection. What a
service does with a call, and who may make it, is not decided here.
"""

import http.client
import io
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.http.breaker import BreakerIsOpen, ConcurrentBreaker, OperationBreakers

CONNECT_SECONDS = 0.25
READ_SECONDS = 2.5
TOTAL_SECONDS = 3.0
IDLE_SECONDS = 30.0
WAIT_FOR_PERMIT_SECONDS = 1.0
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 2.0
RETRY_SHARE = 0.1
MAX_ANSWER_BYTES = 8 * 1024 * 1024

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
    caller: str | None = None


@dataclass(frozen=True, kw_only=True)
class UpstreamAnswer:
    """What a service answered, read whole and bounded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

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


class _TimedSocket:
    """A socket whose every read and write ends at one deadline; `http.client` uses it as it would
    use a socket.
    """

    def __init__(self, plain: socket.socket, read_seconds: float) -> None:
        self.plain = plain
        self.deadline = 0.0
        self._read_seconds = read_seconds
        self._poll = select.poll()
        self._poll.register(plain, select.POLLIN | select.POLLHUP | select.POLLERR)

    def _limit(self, most: float) -> None:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self.plain.settimeout(min(most, remaining))

    def sendall(self, data: bytes) -> None:
        self._limit(self._read_seconds)
        self.plain.sendall(data)

    def recv_into(self, buffer: Any) -> int:
        self._limit(self._read_seconds)
        return self.plain.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), 16 * 1024)

    def is_still_open(self) -> bool:
        """Tell whether the peer has neither closed nor sent anything unasked."""
        return not self._poll.poll(0)

    def close(self) -> None:
        self.plain.close()


class _Reader(io.RawIOBase):
    def __init__(self, timed: _TimedSocket) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._timed.recv_into(buffer)


@dataclass(kw_only=True)
class _Connection:
    """One kept connection and when it was last used."""

    client: http.client.HTTPConnection
    timed: _TimedSocket
    idle_since: float = 0.0

    def close(self) -> None:
        self.client.close()
        self.timed.close()


class _Pool:
    """Kept connections of one upstream, the last used first."""

    def __init__(self, base_url: str, patience: Patience) -> None:
        parts = urlsplit(base_url)
        self._is_secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_secure else 80)
        self._context = ssl.create_default_context() if self._is_secure else None
        self._patience = patience
        self._kept: deque[_Connection] = deque(maxlen=patience.concurrent_calls)
        self._is_closed = False
        self.authority = parts.netloc

    def take(self, deadline: float) -> _Connection:
        """Give a connection that is good to write on; raises OSError when none can be made."""
        while True:
            try:
                connection = self._kept.pop()
            except IndexError:
                return self._new(deadline)
            is_fresh = time.monotonic() - connection.idle_since < self._patience.idle_seconds
            if is_fresh and connection.timed.is_still_open():
                connection.timed.deadline = deadline
                return connection
            connection.close()

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection whose answer was read to its end, unless the pool is closed."""
        if self._is_closed:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        self._kept.append(connection)

    def close(self) -> None:
        """Close every idle connection and keep none from now on."""
        self._is_closed = True
        while self._kept:
            self._kept.pop().close()

    def _new(self, deadline: float) -> _Connection:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        seconds = min(self._patience.connect_seconds, remaining)
        plain = socket.create_connection((self._host, self._port), timeout=seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            plain = self._context.wrap_socket(plain, server_hostname=self._host)
        timed = _TimedSocket(plain, self._patience.read_seconds)
        timed.deadline = deadline
        client = http.client.HTTPConnection(self._host, self._port)
        client.sock = timed  # stands in with the four methods http.client calls
        client.auto_open = 0
        return _Connection(client=client, timed=timed)


class _Bulkhead:
    """At most `concurrent` calls at once and `waiting` in line; whoever finds the line full is
    refused at once.
    """

    def __init__(self, patience: Patience) -> None:
        self._running = threading.BoundedSemaphore(patience.concurrent_calls)
        self._all = threading.BoundedSemaphore(patience.concurrent_calls + patience.waiting_calls)
        self._wait_seconds = patience.wait_for_permit_seconds

    def enter(self) -> bool:
        """Take a permit; False when there is none in time."""
        if not self._all.acquire(blocking=False):
            return False
        if self._running.acquire(timeout=self._wait_seconds):
            return True
        self._all.release()
        return False

    def leave(self) -> None:
        """Give the permit back."""
        self._running.release()
        self._all.release()


class _RetryBudget:
    """Lets at most one call in ten be made again, so that retries never multiply the load on a
    service in trouble.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens = 1.0

    def earn(self) -> None:
        """Note one first attempt."""
        with self._lock:
            self._tokens = min(10.0, self._tokens + RETRY_SHARE)

    def spend(self) -> bool:
        """Take the right to one retry; False when there is none."""
        with self._lock:
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


class Upstream:
    """One service as the gateway sees it. Thread-safe."""

    def __init__(self, name: str, base_url: str, patience: Patience | None = None) -> None:
        self.name = name
        self._patience = patience or Patience()
        self._pool = _Pool(base_url, self._patience)
        self._bulkhead = _Bulkhead(self._patience)
        self._breakers = OperationBreakers(
            lambda operation: ConcurrentBreaker(
                f"{name} {operation}",
                failures_to_open=self._patience.failures_to_open,
                open_seconds=self._patience.open_seconds,
                failures=(OSError, http.client.HTTPException, _NothingSent),
            )
        )
        self._budget = _RetryBudget()

    @property
    def breaker_state(self) -> str:
        """Give the state of the breakers: `closed` when all are."""
        return self._breakers.state

    def call(self, call: UpstreamCall) -> UpstreamAnswer:
        """Ask the service, within the total time.

        Raises:
            UpstreamUnavailable: no permit, an open breaker, no connection, no answer in time, or an
                answer that is no HTTP or too large.
        """
        deadline = time.monotonic() + self._patience.total_seconds
        if not self._bulkhead.enter():
            raise UpstreamUnavailable(self.name, "bulkhead")
        try:
            return self._guarded(call, deadline)
        finally:
            self._bulkhead.leave()

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()

    def _guarded(self, call: UpstreamCall, deadline: float) -> UpstreamAnswer:
        self._budget.earn()
        try:
            return self._attempt_twice(call, deadline)
        except BreakerIsOpen as error:
            seconds = max(1, round(self._patience.open_seconds))
            raise UpstreamUnavailable(self.name, "breaker", seconds) from error
        except TimeoutError as error:
            raise UpstreamUnavailable(self.name, "timeout") from error
        except (OSError, http.client.HTTPException) as error:
            raise UpstreamUnavailable(self.name, "connection") from error
        except _NothingSent as error:
            raise UpstreamUnavailable(self.name, "connection") from error

    def _attempt_twice(self, call: UpstreamCall, deadline: float) -> UpstreamAnswer:
        breaker = self._breakers.of(call.method, call.target)
        try:
            return breaker.run(lambda: self._attempt(call, deadline), call.caller)
        except _NothingSent:
            if not call.may_be_retried or not self._budget.spend():
                raise
        return breaker.run(lambda: self._attempt(call, deadline), call.caller)

    def _attempt(self, call: UpstreamCall, deadline: float) -> UpstreamAnswer:
        try:
            connection = self._pool.take(deadline)
        except OSError as error:
            raise _NothingSent from error
        is_reusable = False
        try:
            response = self._sent(connection, call)
            body = response.read(MAX_ANSWER_BYTES + 1)
            if len(body) > MAX_ANSWER_BYTES:
                raise http.client.HTTPException("the answer is too large")
            if response.length:
                raise http.client.IncompleteRead(body, response.length)
            is_reusable = response.isclosed() and not response.will_close
            return UpstreamAnswer(
                status=response.status, headers=tuple(response.getheaders()), body=body
            )
        finally:
            if is_reusable:
                self._pool.give_back(connection)
            else:
                connection.close()

    def _sent(self, connection: _Connection, call: UpstreamCall) -> http.client.HTTPResponse:
        client = connection.client
        client.putrequest(call.method, call.target, skip_host=True, skip_accept_encoding=True)
        client.putheader("Host", self._pool.authority)
        for name, value in call.headers:
            client.putheader(name, value)
        if call.body is not None:
            client.putheader("Content-Length", str(len(call.body)))
        client.endheaders(call.body)
        return client.getresponse()


@dataclass(frozen=True, kw_only=True)
class Upstreams:
    """The five services by name."""

    by_name: Mapping[str, Upstream] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Upstream:
        return self.by_name[name]

    def close(self) -> None:
        """Close every idle connection."""
        for upstream in self.by_name.values():
            upstream.close()


def upstreams_at(urls: Mapping[str, str], patience: Patience) -> Upstreams:
    """Build the upstreams from the settings' URLs."""
    return Upstreams(by_name={name: Upstream(name, url, patience) for name, url in urls.items()})
