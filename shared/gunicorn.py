"""How every web process is served: gunicorn with threads, one shape for the gateway and the five
services.
"""

import threading
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

KEEP_ALIVE_SECONDS = (
    75  # outlives the gateway's idle limit of 30 s: no pooled connection dies under a POST
)
DRAIN_SECONDS = 25


LINGERING_CLOSES = 64


class LingeringAsideWorker(ThreadWorker):
    """gthread whose event loop never waits for a client that keeps a finished connection open.

    gunicorn closes gracefully (it waits up to two seconds for the client to close too) in the one
    thread that accepts and polls for everybody: a client that just holds its sockets would stop
    the whole process. Here that waiting has threads of its own; beyond `LINGERING_CLOSES` at once
    a connection is closed without it.
    """

    def init_process(self) -> None:
        """Prepare in the worker process, after the fork."""
        self.lingering = threading.BoundedSemaphore(LINGERING_CLOSES)
        super().init_process()

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

    A taken port ends the process with gunicorn's message and exit code 1.
    """
    WebServer(
        factory,
        {
            "bind": f"{host}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": "shared.gunicorn.LingeringAsideWorker",
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
