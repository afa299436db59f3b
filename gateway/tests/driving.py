"""Driving the gateway without a socket before it: the application a Flask client calls, and calls
of upstreams, run on one event loop in a thread of its own.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask

from gateway.answers import Answer, spelled_head
from gateway.forwarding import Gateway
from gateway.home import Home
from gateway.parts import Parts
from gateway.requests import Request
from gateway.server import Server
from gateway.upstreams import Patience, Upstream, UpstreamAnswer, UpstreamCall
from shared.gunicorn import Doorkeeper

T = TypeVar("T")
_GATEWAY = "gateway"


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.home = Home()
        threading.Thread(target=self._loop.run_forever, name="gateway-loop", daemon=True).start()
        self.run(self._begin(self.home))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it there and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def begin(self, gateway: Gateway) -> None:
        """Let a gateway live here, without what runs beside requests."""
        self.run(self._begin(gateway.parts.home))

    async def _begin(self, home: Home) -> None:
        home.begin()


LOOP = Loop()


class _Given:
    """A body that is there, read as soon as it is asked for."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._stream = environ["wsgi.input"]
        declared = str(environ.get("CONTENT_LENGTH") or "0")
        is_chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
        self._left = int(declared) if declared.isdigit() and not is_chunked else 2**30

    async def readany(self) -> bytes:
        piece: bytes = self._stream.read(min(self._left, 64 * 1024))
        self._left -= len(piece)
        return piece


def _request_of(environ: dict[str, Any]) -> Request:
    """Read what a WSGI client asks, as the web server reads it from a socket."""
    headers = {
        key.removeprefix("HTTP_").lower().replace("_", "-"): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path or "/",
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        peer=environ.get("REMOTE_ADDR", ""),
        arriving=_Given(environ),
    )


def driven(gateway: Gateway) -> Flask:
    """Give a Flask application whose clients speak to the gateway."""
    LOOP.begin(gateway)
    app = Flask("calls")
    app.extensions[_GATEWAY] = gateway

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = LOOP.run(gateway.answer(_request_of(environ)))
        lines = spelled_head(answer, ()).decode("latin-1").split("\r\n")
        headers = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
        start_response(lines[0].partition(" ")[2], headers)
        has_body = environ["REQUEST_METHOD"] != "HEAD" and answer.may_have_body
        return [answer.body, *LOOP.run(_rest(answer))] if has_body else []

    app.wsgi_app = call  # type: ignore[method-assign] # the WSGI way to stand in front
    return app


async def _rest(answer: Answer) -> list[bytes]:
    """Take what is still to come of an answer that ends."""
    if answer.pieces is None:
        return []
    try:
        return [piece async for piece in answer.pieces]
    finally:
        answer.pieces.close()


def parts_of(app: Flask) -> Parts:
    """Give what the gateway behind a driven application was put together from."""
    gateway: Gateway = app.extensions[_GATEWAY]
    return gateway.parts


def end(app: Flask) -> None:
    """End the gateway behind a driven application."""
    gateway: Gateway = app.extensions[_GATEWAY]
    LOOP.run(gateway.end())


@contextmanager
def served(gateway: Gateway) -> Iterator[Server]:
    """Serve a gateway in this process."""

    async def begin() -> tuple[Server, asyncio.Server, asyncio.Task[None]]:
        gateway.begin()
        server = Server(gateway, Doorkeeper(), 75.0)
        listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        _PORTS[server] = listening.sockets[0].getsockname()[1]
        return server, listening, asyncio.create_task(server.look_around())

    async def stop(listening: asyncio.Server, looking: asyncio.Task[None]) -> None:
        looking.cancel()
        listening.close()
        gateway.end_streams()
        await gateway.end()

    server, listening, looking = LOOP.run(begin())
    try:
        yield server
    finally:
        LOOP.run(stop(listening, looking))


_PORTS: dict[Server, int] = {}


def port_of(server: Server) -> int:
    """Give where a served gateway listens."""
    return _PORTS[server]


class CalledUpstream:
    """An upstream that is called as by a thread."""

    def __init__(self, name: str, url: str, patience: Patience | None = None) -> None:
        self._upstream = Upstream(name, url, LOOP.home, patience)

    @property
    def breaker_state(self) -> str:
        return self._upstream.breaker_state

    def call(self, call: UpstreamCall) -> UpstreamAnswer:
        return self._upstream.call_from_thread(call)

    def close(self) -> None:
        LOOP.run(self._upstream.close())
