"""How every web process is served: gunicorn with threads, one shape for the gateway and the five
services.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

KEEP_ALIVE_SECONDS = (
    75  # outlives the gateway's idle limit of 30 s: no pooled connection dies under a POST
)
DRAIN_SECONDS = 25
LINGERING_CLOSES = 64
FIRST_BYTE_SECONDS = 0.25
HEAD_SECONDS = 10.0
TRANSFER_SECONDS = 30.0


class HeadReader(SocketUnreader):
    """Reads a connection; while `deadline` stands, all reads together end there."""

    deadline: float | None = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Give what has arrived.

        Raises:
            NoMoreData: the deadline is over; gunicorn closes the connection without an answer.
        """
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


class TimedConnection(TConn):
    """A connection on which a request's head has one deadline, counted from its first byte.

    A timeout per read would not do: a caller that sends a byte now and then never meets it.
    """

    head_seconds = HEAD_SECONDS

    @classmethod
    def of(cls, accepted: TConn, head_seconds: float) -> "TimedConnection":
        """Make one of a connection just accepted."""
        made = cls(accepted.cfg, accepted.sock, accepted.client, accepted.server)
        made.head_seconds = head_seconds
        return made

    def wait_for_data(self, _timeout: float | None) -> bool:
        """Wait for the first byte in a thread for a moment only; the event loop waits on."""
        return bool(super().wait_for_data(FIRST_BYTE_SECONDS))

    def init(self) -> None:
        """Begin to read a head; the worker calls this when its first byte is there."""
        is_new = not self.initialized
        super().init()
        if is_new:
            self.reader = HeadReader(self.sock)
            self.parser.unreader = self.reader  # type: ignore[union-attr] # only HTTP/1 is spoken
        self.reader.deadline = time.monotonic() + self.head_seconds

    def end_head(self, transfer_seconds: float) -> None:
        """Let each read of the body and the writing of the answer take so long and no longer."""
        self.reader.deadline = None
        self.sock.settimeout(transfer_seconds)


class PatientWorker(ThreadWorker):
    """gthread that no slow client can hold: neither its threads nor its event loop.

    * A head has `head_seconds` from its first byte to its end; a body may be silent for
      `transfer_seconds`, and an answer must be taken within them. gunicorn's threads would wait
      for ever.
    * gunicorn closes gracefully (it waits up to two seconds for the client to close too) in the one
      thread that accepts and polls for everybody: a client that just holds its sockets would stop
      the whole process. Here that waiting has threads of its own; beyond `LINGERING_CLOSES` at once
      a connection is closed without it.
    """

    head_seconds = HEAD_SECONDS
    transfer_seconds = TRANSFER_SECONDS

    def init_process(self) -> None:
        """Prepare in the worker process, after the fork."""
        self.lingering = threading.BoundedSemaphore(LINGERING_CLOSES)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to the threads, with times of its own from the first time on."""
        if not isinstance(conn, TimedConnection):
            conn = TimedConnection.of(conn, self.head_seconds)
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer a request whose head has been read."""
        conn.end_head(self.transfer_seconds)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError as error:
            # gunicorn's way to close without a word: nobody is reading
            raise StopIteration from error

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Finish as gunicorn does, but let a graceful close wait elsewhere."""
        close = conn.close

        def close_aside(*, graceful: bool = False) -> None:
            if not graceful or not self.lingering.acquire(blocking=False):
                close()
                return
            threading.Thread(target=linger, name="lingering-close", daemon=True).start()

        def linger() -> None:
            try:
                close(graceful=True)
            finally:
                self.lingering.release()

        conn.close = close_aside
        super().finish_request(conn, fs)
        if conn.close is close_aside:
            conn.close = close


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
    **more: Any,
) -> None:
    """Serve until SIGTERM or SIGINT; then stop accepting and drain. Never returns before that.

    A taken port ends the process with the line `address_in_use` and exit code 1.
    """
    WebServer(
        factory,
        {
            "bind": _bound(host, port),
            "workers": workers,
            "threads": threads,
            "worker_class": PatientWorker,
            "logger_class": ServerLog,
            "keepalive": keep_alive_seconds,
            "graceful_timeout": drain_seconds,
            "timeout": 60,
            "worker_tmp_dir": None,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            **more,
        },
    ).run()


def _bound(host: str, port: int) -> str:
    """Spell where to listen; an IPv6 address needs its brackets."""
    host = host.strip("[]")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
