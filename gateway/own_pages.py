"""The gateway's own few pages: made by Flask, beside the event loop."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any, Final

from gateway.answers import Answer
from gateway.errors import Fault, Refused, wrong_method
from gateway.parts import Parts
from gateway.requests import Request

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

OWN_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_UNCOUNTED_PATHS = frozenset({"/healthz", "/readyz"})
_WSGI: Final[Mapping[str, Any]] = {
    "SCRIPT_NAME": "",
    "SERVER_NAME": "gateway",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


class OwnPages:
    """Has Flask answer what is nobody else's."""

    def __init__(self, pages: WsgiApp, parts: Parts) -> None:
        self._pages = pages
        self._parts = parts

    async def answer(self, request: Request, methods: tuple[str, ...] = OWN_METHODS) -> Answer:
        """Answer with the page of the request's path.

        Raises:
            Refused: another method, no such page, too many requests.
        """
        request.label = request.row.number if request.row is not None else "own"
        if request.method == "OPTIONS":
            return self._parts.finisher.preflight(methods)
        if request.method not in methods:
            raise wrong_method(request.method, methods)
        if request.path not in _UNCOUNTED_PATHS:
            await self._parts.admission.count_general(request)
        answer = await asyncio.to_thread(self._page, request)
        if answer.status == 404:
            raise Refused(Fault.UNKNOWN_PATH)
        return answer

    def _page(self, request: Request) -> Answer:
        """Run the WSGI application and keep what it answers."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None
        ) -> Callable[[bytes], None]:
            started.append((status, headers))
            return lambda _data: None

        pieces = self._pages(_environ(request), start_response)
        try:
            body = b"".join(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        status, headers = started[-1]
        kept = tuple((name, value) for name, value in headers if name.lower() != "content-length")
        return Answer(status=int(status.split(" ", 1)[0]), headers=kept, body=body)


def _environ(request: Request) -> dict[str, Any]:
    """Spell a request as WSGI does, without its body, which no page reads; HEAD is asked as GET,
    whose body is not written.
    """
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in request.headers.items()
        if name not in ("content-type", "content-length", "transfer-encoding")
    }
    return {
        **_WSGI,
        **headers,
        "REQUEST_METHOD": "GET" if request.method == "HEAD" else request.method,
        "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": request.query,
        "REMOTE_ADDR": request.peer,
        "wsgi.input": BytesIO(),
    }
