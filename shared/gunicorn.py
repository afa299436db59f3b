"""How every web process is served: gunicorn with threads, one shape for the gateway and the five
services.
"""

import contextlib
import errno
import gc
import resource
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from selectors import EVENT_READ
from typing import Any, ClassVar

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.http.errors import (
    ConfigurationProblem,
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import TConn, ThreadWorker

from shared import strict_json
from shared.http.addresses import UNKNOWN, network_of
from shared.logs import usable_request_id

KEEP_ALIVE_SECONDS = (
    75  # outlives the gateway's idle limit of 30 s: no pooled connection dies under a POST
)
DRAIN_SECONDS = 25
LINGERING_CLOSES = 64
UNREAD_BODY_SECONDS = 0.25
HEAD_SECONDS = 10.0
MOST_HEAD_BYTES = 32 * 1024
MOST_LINE_BYTES = 4094
TRANSFER_SECONDS = 30.0
CONNECTIONS = 1000
SPARE_CONNECTIONS = 16
STACK_BYTES = 1024 * 1024
"""Of each thread: Python's own default is the system's, usually eight times as much, and a limit
of memory counts what may be used."""
MOST_OPEN_FILES = 65_536
REFUSAL_SECONDS = 5.0
_OUR_OWN_MISTAKES = (
    ConfigurationProblem,
    errors.InvalidResponseHeader,  # type: ignore[attr-defined] # the stubs are of an earlier release
    errors.InvalidResponseHeaderName,  # type: ignore[attr-defined] # the stubs are of an earlier release
)
_STATUSES = (
    (LimitRequestLine, 414),
    (LimitRequestHeaders, 431),
    (ExpectationFailed, 417),
    (UnsupportedTransferCoding, 501),
)
_GATHERED_BYTES = 8 * 1024
_LOOK_EVERY_SECONDS = 0.5
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})


class HeadReader(SocketUnreader):
    """Reads a connection; while `deadline` stands, all reads together end there. A head that
    `is_too_long` gets no more.
    """

    deadline: float | None = None
    is_too_long = False

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Give what has arrived.

        Raises:
            NoMoreData: the deadline is over; gunicorn closes the connection without an answer.
            LimitRequestHeaders: the head has no end within `MOST_HEAD_BYTES`.
        """
        if self.is_too_long:
            raise LimitRequestHeaders("the head is too long")
        if self.deadline is not None:
            remaining = self.deadline - time.monotonic()
            if remaining <= 0:
                raise NoMoreData
            self.sock.settimeout(remaining)
        try:
            return bytes(super().chunk(size_hint))  # type: ignore[call-arg] # the stubs are of an earlier release
        except TimeoutError as error:
            if self.deadline is None:
                raise
            raise NoMoreData from error


class GatheringConnection(TConn):
    """A connection whose heads are gathered by the event loop: a thread gets a request when its
    head is whole.

    A head has one deadline, counted from its first byte. A timeout per read would not do: a caller
    that sends a byte now and then never meets it.
    """

    def __init__(
        self, cfg: Any, sock: socket.socket, client: Any, server: Any, head_seconds: float
    ) -> None:
        super().__init__(cfg, sock, client, server)
        self.head_seconds = head_seconds
        self.address = str(client[0]) if isinstance(client, tuple) else ""
        self.network = network_of(self.address)
        self.deadline = time.monotonic() + cfg.keepalive
        self.is_ended = False
        self.arrived = bytearray()
        self.on_close: Callable[[], None] = lambda: None
        self._is_closed = False

    def gather(self) -> bool:
        """Take what has arrived, without waiting; tell whether that is decided: the head is whole,
        or can never be, or the peer has closed (`is_ended`).
        """
        if self.initialized:
            self._add(self.reader.take_buffered())
        while not self._is_decided:
            try:
                piece = self.sock.recv(_GATHERED_BYTES)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:
                piece = b""
            if not piece:
                self.is_ended = True
                return True
            self._add(piece)
        return True

    def _add(self, piece: bytes) -> None:
        if piece and not self.arrived:
            self.deadline = time.monotonic() + self.head_seconds
        self.arrived += piece

    @property
    def _is_decided(self) -> bool:
        arrived = self.arrived
        if b"\r\n\r\n" in arrived or len(arrived) >= MOST_HEAD_BYTES:
            return True
        is_line_too_long = len(arrived) > MOST_LINE_BYTES + 2 and b"\r\n" not in arrived
        return is_line_too_long or arrived.count(b"\n") != arrived.count(b"\r\n")

    def init(self) -> None:
        """Give what was gathered to the parser; a thread calls this."""
        is_new = not self.initialized
        super().init()
        if is_new:
            self.reader = HeadReader(self.sock)
            self.parser.unreader = self.reader  # type: ignore[union-attr] # only HTTP/1 is spoken
        self.reader.unread(bytes(self.arrived))
        self.reader.is_too_long = b"\r\n\r\n" not in self.arrived
        self.reader.deadline = time.monotonic() + self.head_seconds
        self.arrived = bytearray()

    def end_head(self, transfer_seconds: float) -> None:
        """Let each read of the body and the writing of the answer take so long and no longer."""
        self.reader.deadline = None
        self.reader.is_too_long = False
        self.sock.settimeout(transfer_seconds)

    def close(self, graceful: bool = False) -> None:
        """Close it, once."""
        if not self._is_closed:
            self._is_closed = True
            self.on_close()
        super().close(graceful=graceful)


@dataclass(frozen=True)
class Doorkeeper:
    """How many connections of one network there may be at once, and who is not counted (a trusted
    proxy, behind which many stand). 0 counts nobody.
    """

    most_of_one_network: int = 0
    is_exempt: Callable[[str], bool] = lambda _address: False


class PatientWorker(ThreadWorker):
    """gthread that no slow client can hold: neither its threads nor its event loop.

    * The event loop gathers heads, without waiting for any; no thread sees half a head. A head has
      `head_seconds` from its first byte to its end. Where there is no room for a connection, the
      one goes that has waited longest for its head to end.
    * A body may be silent for `transfer_seconds`, and an answer must be taken within them.
      gunicorn's threads would wait for ever. What an application left unread of a body is waited
      for a moment, then the connection is closed.
    * All threads are there from the start: a limit of memory or processes that is too small ends
      the start, never a worker under load.
    * gunicorn closes gracefully (it waits up to two seconds for the client to close too) in the one
      thread that accepts and polls for everybody: a client that just holds its sockets would stop
      the whole process. Here that waiting has threads of its own; beyond `LINGERING_CLOSES` at once
      a connection is closed without it.
    """

    head_seconds = HEAD_SECONDS
    transfer_seconds = TRANSFER_SECONDS
    doorkeeper: ClassVar[Doorkeeper] = Doorkeeper()

    def init_process(self) -> None:
        """Prepare in the worker process, after the fork."""
        self.lingering = threading.BoundedSemaphore(LINGERING_CLOSES)
        self.gathering: dict[GatheringConnection, None] = {}
        self.of_network: Counter[str] = Counter()
        self.counting = threading.Lock()
        self.looked_at = 0.0
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Start all threads at once."""
        pool: ThreadPoolExecutor = super().get_thread_pool()
        may_end = threading.Event()
        started: list[Future[bool]] = [pool.submit(may_end.wait) for _ in range(self.cfg.threads)]
        may_end.set()
        for one in started:
            one.result()
        return pool

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection and begin to gather what it sends."""
        if self.nr_conns >= self.worker_connections - SPARE_CONNECTIONS:
            self._let_go_of_the_longest_waiting()
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in _NOBODY_THERE:
                return
            if error.errno not in _NO_ROOM:
                raise
            structlog.get_logger().error("no_room_for_connections", count=self.nr_conns)
            self._let_go_of_the_longest_waiting()
            return
        self.nr_conns += 1
        conn = GatheringConnection(
            self.cfg, sock, client, listener.getsockname(), self.head_seconds
        )
        if self._is_let_in(conn):
            self.enqueue_req(conn)
        else:
            self._drop(conn)

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to the threads once a head is whole; until then gather it."""
        conn.sock.setblocking(False)
        if conn.gather():
            self._decide(conn)
        else:
            self.gathering[conn] = None
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_more_of_head, conn))

    def murder_pending(self) -> None:
        """Close connections whose head did not come in time; while stopping, those that have sent
        nothing.
        """
        now = time.monotonic()
        if now - self.looked_at < _LOOK_EVERY_SECONDS:
            return
        self.looked_at = now
        for conn in list(self.gathering):
            if conn.deadline <= now or not (self.alive or conn.arrived):
                self._let_go(conn)

    def _on_more_of_head(self, conn: GatheringConnection, _sock: socket.socket) -> None:
        if conn in self.gathering and conn.gather():
            self._no_longer_gather(conn)
            self._decide(conn)

    def _decide(self, conn: GatheringConnection) -> None:
        if conn.is_ended:
            self._drop(conn)
            return
        conn.data_ready = True
        super().enqueue_req(conn)

    def _is_let_in(self, conn: GatheringConnection) -> bool:
        """Count a connection for its network; where that is full, the one goes that waits longest
        for its head, and without such a one the newcomer.
        """
        most = self.doorkeeper.most_of_one_network
        if not most or conn.network == UNKNOWN or self.doorkeeper.is_exempt(conn.address):
            return True
        if self.of_network[conn.network] >= most:
            waiting = (one for one in self.gathering if one.network == conn.network)
            longest_waiting = next(waiting, None)
            if longest_waiting is None:
                return False
            self._let_go(longest_waiting)
        with self.counting:
            self.of_network[conn.network] += 1
        conn.on_close = partial(self._forget, conn.network)
        return True

    def _forget(self, network: str) -> None:
        with self.counting:
            self.of_network[network] -= 1
            if self.of_network[network] <= 0:
                del self.of_network[network]

    def _let_go_of_the_longest_waiting(self) -> None:
        conn = next(iter(self.gathering), None)
        if conn is not None:
            self._let_go(conn)

    def _let_go(self, conn: GatheringConnection) -> None:
        self._no_longer_gather(conn)
        self._drop(conn)

    def _no_longer_gather(self, conn: GatheringConnection) -> None:
        del self.gathering[conn]
        self.poller.unregister(conn.sock)

    def _drop(self, conn: GatheringConnection) -> None:
        self.nr_conns -= 1
        conn.close()

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Keep a connection whose body was read or is there; wait for no half one."""
        if not keepalive:
            return False
        return bool(conn.parser.finish_body(deadline=time.monotonic() + UNREAD_BODY_SECONDS))

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer a request whose head has been read."""
        conn.end_head(self.transfer_seconds)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError as error:
            # gunicorn's way to close without a word: nobody is reading
            raise StopIteration from error

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a head that cannot be taken."""
        status = _status_of(exc)
        if status is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Invalid request from a client")
        client.settimeout(REFUSAL_SECONDS)
        with contextlib.suppress(OSError):
            client.sendall(problem_answer(status))

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Finish as gunicorn does, but let a graceful close wait elsewhere."""
        close = conn.close

        def close_aside(*, graceful: bool = False) -> None:
            if not graceful or not self.lingering.acquire(blocking=False):
                close()
                return
            try:
                threading.Thread(target=linger, name="lingering-close", daemon=True).start()
            except RuntimeError:  # no room for one more thread
                self.lingering.release()
                close()

        def linger() -> None:
            try:
                close(graceful=True)
            finally:
                self.lingering.release()

        conn.close = close_aside
        super().finish_request(conn, fs)
        if conn.close is close_aside:
            conn.close = close


def _status_of(error: BaseException) -> int | None:
    """Give the status for a request that cannot be understood; None for any other error."""
    if not isinstance(error, ParseException) or isinstance(error, _OUR_OWN_MISTAKES):
        return None
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)


def problem_answer(status: int) -> bytes:
    """Answer a head that cannot be taken with a problem document, as every refusal is."""
    request_id = usable_request_id(None)
    phrase = HTTPStatus(status).phrase
    body = strict_json.dumps(
        {
            "type": "about:blank",
            "title": phrase,
            "status": status,
            "detail": "The request's head cannot be taken.",
            "code": "bad_head",
            "request_id": request_id,
        }
    )
    lines = (
        f"HTTP/1.1 {status} {phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        f"X-Request-ID: {request_id}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body


class ServerLog(Logger):
    """Sends gunicorn's own lines through the process's one handler, which writes them as JSON
    with fixed texts (`shared.logs`): gunicorn's would quote what callers sent.
    """

    def _set_handler(self, log: Any, output: Any, fmt: Any, stream: Any = None) -> None:
        log.propagate = True


class WebServer(BaseApplication):
    """Runs a WSGI application made by `factory` in each worker, after the fork, so that no
    engine or pool is shared.
    """

    def __init__(self, factory: Callable[[], Any], options: dict[str, Any]) -> None:
        self._factory = factory
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand the options to gunicorn."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application; gunicorn calls this in the worker."""
        return self._factory()


def serve(
    factory: Callable[[], Any],
    *,
    host: str,
    port: int,
    workers: int,
    threads: int,
    drain_seconds: int = DRAIN_SECONDS,
    keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
    doorkeeper: Doorkeeper | None = None,
    worker_class: type[Worker] = PatientWorker,
    **more: Any,
) -> None:
    """Serve until SIGTERM or SIGINT; then stop accepting and drain. Never returns before that.

    A taken port ends the process with the line `address_in_use` and exit code 1.
    """
    threading.stack_size(STACK_BYTES)
    _let_open_files()
    set_aside_what_is_there()  # before the fork: a collection would copy all that is shared
    keeper = {"doorkeeper": doorkeeper or Doorkeeper()}
    WebServer(
        factory,
        {
            "bind": _bound(host, port),
            "proc_name": Path(sys.argv[0]).parent.name,  # of `python -m <package>`
            "workers": workers,
            "threads": threads,
            "worker_class": type(worker_class.__name__, (worker_class,), keeper),
            "worker_connections": CONNECTIONS + threads,
            "logger_class": ServerLog,
            "keepalive": keep_alive_seconds,
            "graceful_timeout": drain_seconds,
            "timeout": 60,
            "worker_tmp_dir": None,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_worker_init": lambda _worker: set_aside_what_is_there(),
            "limit_request_line": MOST_LINE_BYTES,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            **more,
        },
    ).run()


def set_aside_what_is_there() -> None:
    """Let the collector of garbage leave alone what a process has loaded by now: it stays for as
    long as the process, and to look through it all takes tenths of a second in the middle of
    somebody's request.
    """
    gc.collect()
    gc.freeze()


def _let_open_files() -> None:
    """Raise the soft limit of open files, which many systems set for interactive programs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _bound(host: str, port: int) -> str:
    """Spell where to listen; an IPv6 address needs its brackets."""
    host = host.strip("[]")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
