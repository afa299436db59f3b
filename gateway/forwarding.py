"""The hot path, on an event loop, in front of Flask's routing.

It finds what a path means, passes the clean API on to its service, has legacy rows answered, and
leaves the gateway's own few pages to Flask. Every answer, whoever made it, leaves through here:
with its request id, its headers, one log line and its counts.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, Final

import structlog

from gateway.answers import Answer, StartResponse, answer_of
from gateway.bodies import declared_bytes
from gateway.callers import best_locale, decoded_path, passed_headers, returned_headers, target_of
from gateway.dialects.clean import CLEAN
from gateway.dialects.pages import PAGES
from gateway.errors import Fault, Refused, unavailable, wrong_method
from gateway.heads import fault_of
from gateway.health import ReadinessProbe
from gateway.home import going_on
from gateway.legacy_rows import LegacyRows, legacy_headers
from gateway.limits import Outcome
from gateway.live import LiveAnswers
from gateway.outcomes import outcome_of
from gateway.parts import Parts, Trace
from gateway.portal import PortalPages
from gateway.routes import (
    CLEAN_METHODS,
    FIELDS_LIMIT,
    LARGE_CLEAN_OPERATIONS,
    LIMITED_CLEAN_OPERATIONS,
    OPEN_CLEAN_OPERATIONS,
    OPEN_DOCUMENTS,
    LegacyMatch,
    LiveMatch,
    Match,
    NoMatch,
    OwnMatch,
    PassingMatch,
    PortalMatch,
)
from gateway.upstreams import UpstreamCall, UpstreamUnavailable
from shared.logs import correlation, described_error, usable_request_id

WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_OWN_METHODS = ("GET", "HEAD", "OPTIONS")
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
_BESIDE: Final = 64  # as many may wait for another host before others have to
_UNCOUNTED_PATHS = frozenset({"/healthz", "/readyz"})
_DESCRIPTIVE = (("HTTP_USER_AGENT", "User-Agent"),)
_DESCRIPTIVE_FOR_READING = (*_DESCRIPTIVE, ("HTTP_IF_NONE_MATCH", "If-None-Match"))
_MAX_DESCRIPTIVE_CHARACTERS = 512
_FAULTS_OF_BODIES = frozenset({Fault.MEDIA_TYPE, Fault.NO_OBJECT, Fault.UNREADABLE_BODY})


class Gateway:
    """Answers every request, on the event loop `begin` was called on; `own_pages` are WSGI."""

    def __init__(self, own_pages: WsgiApp, parts: Parts, readiness: ReadinessProbe) -> None:
        self.parts = self._parts = parts
        self._own_pages = own_pages
        self._readiness = readiness
        self._legacy_rows = LegacyRows(parts)
        self._portal_pages = PortalPages(parts)
        self._live_answers = LiveAnswers(parts)
        self._besides: list[asyncio.Task[None]] = []
        self._log = structlog.get_logger()

    def begin(self) -> None:
        """Begin on the running event loop: what runs beside requests asks through it."""
        beside = ThreadPoolExecutor(_BESIDE, thread_name_prefix="beside")
        asyncio.get_running_loop().set_default_executor(beside)
        self.parts.home.begin()
        self.parts.keeper.start()
        self.parts.hearing.start()
        self._besides.append(asyncio.create_task(going_on(self._live_answers.look_after)))

    def end_streams(self) -> None:
        """End what would never end by itself; called before waiting for what is under way."""
        self.parts.streams.close()

    async def end(self) -> None:
        """Let go of what is kept for requests."""
        self.parts.keeper.stop()
        self.parts.hearing.stop()
        for task in self._besides:
            task.cancel()
        await self.parts.upstreams.close()
        await self.parts.portal.close()
        await self._readiness.close()

    async def answer(self, environ: dict[str, Any]) -> Answer:
        """Answer one request; what is still to come of it stands in the environment."""
        started = time.perf_counter()
        with correlation(usable_request_id(environ.get("HTTP_X_REQUEST_ID"))) as request_id:
            trace = self._trace(environ)
            try:
                answer = await self._answer(environ, trace)
            finally:
                await self._parts.let_go(trace)
            answer = self._parts.finisher.finished(environ, answer, request_id)
            self._note(trace, answer.status, time.perf_counter() - started)
        return answer

    async def refused_head(self, environ: dict[str, Any], status: int) -> Answer:
        """Answer a request whose head the web server cannot take, as any other is refused."""
        with correlation(usable_request_id(environ.get("HTTP_X_REQUEST_ID"))) as request_id:
            trace = self._trace(environ)
            if environ["PATH_INFO"] != "/":  # the index is no row's, whoever shares it
                self._found(environ, trace)
            refused = await self._counted(Refused(fault_of(status)), trace)
            answer = self._parts.finisher.finished(environ, _rendered(refused, trace), request_id)
            self._note(trace, answer.status, 0.0)
        return answer

    def _trace(self, environ: Mapping[str, Any]) -> Trace:
        return Trace(
            method=str(environ.get("REQUEST_METHOD", "")),
            address=self._parts.proxies.client_address(environ),
        )

    async def _answer(self, environ: dict[str, Any], trace: Trace) -> Answer:
        """Answer whatever happens: a refusal is rendered in the dialect of the URL."""
        match: Match = NoMatch(dialect=CLEAN)
        try:
            match = self._found(environ, trace)
            answer = await self._dispatched(environ, match, trace)
        except Refused as refused:
            answer = _rendered(await self._counted(refused, trace), trace)
        except UpstreamUnavailable as error:
            self._note_upstream_failure(error)
            answer = _rendered(unavailable(error.retry_after_seconds), trace)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets the dialect's 500 and nothing else
            self._log.error("unexpected_error", route=trace.label, **described_error(error))
            answer = _rendered(Refused(Fault.UNEXPECTED), trace)
        if trace.row is not None and isinstance(match, LegacyMatch):
            answer = answer.with_headers(legacy_headers(trace.row, match.path_parameters))
        return answer

    async def _counted(self, refused: Refused, trace: Trace) -> Refused:
        """Count a refusal that came before anybody was known; that may be one too many."""
        if refused.fault in _FAULTS_OF_BODIES and trace.outcome is None:
            trace.outcome = Outcome.MALFORMED
        try:
            await self._parts.count_general(trace)
        except Refused as too_many:
            return too_many
        return refused

    def _found(self, environ: Mapping[str, Any], trace: Trace) -> Match:
        match = self._parts.table.find(decoded_path(environ))
        if isinstance(match, LegacyMatch | NoMatch):
            trace.dialect = match.dialect
        elif isinstance(match, PortalMatch):
            languages = str(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
            trace.dialect = PAGES[best_locale(languages, CLEAN.default_locale)]
        return match

    async def _dispatched(self, environ: dict[str, Any], match: Match, trace: Trace) -> Answer:
        if isinstance(match, PassingMatch):
            return await self._passed_on(environ, match, trace)
        if isinstance(match, LegacyMatch):
            return await self._legacy(environ, match, trace)
        if isinstance(match, LiveMatch):
            return await self._live_answers.answer(environ, match, trace)
        if isinstance(match, PortalMatch):
            return await self._portal_pages.answer(environ, match, trace)
        if isinstance(match, OwnMatch):
            return await self._own(environ, match.path, trace, _OWN_METHODS)
        raise Refused(Fault.UNKNOWN_PATH)

    async def _legacy(self, environ: dict[str, Any], match: LegacyMatch, trace: Trace) -> Answer:
        if trace.method == "OPTIONS":
            return self._parts.finisher.preflight(match.allowed_methods)
        if all(row.service is None for rows in match.rows.values() for row in rows):
            await self._legacy_rows.chosen(environ, match, trace)
            return await self._own(environ, "/", trace, match.allowed_methods)
        trace.descriptive_headers = _descriptive_headers(environ)
        return await self._legacy_rows.answer(environ, match, trace)

    async def _own(
        self, environ: dict[str, Any], path: str, trace: Trace, methods: tuple[str, ...]
    ) -> Answer:
        """Let Flask make one of the gateway's own pages."""
        trace.label = trace.row.number if trace.row is not None else "own"
        if trace.method == "OPTIONS":
            return self._parts.finisher.preflight(methods)
        if trace.method not in methods:
            raise wrong_method(trace.method, methods)
        if path not in _UNCOUNTED_PATHS:
            await self._parts.count_general(trace)
        answer = await asyncio.to_thread(_captured, self._own_pages, environ)
        if answer.status == 404:
            raise Refused(Fault.UNKNOWN_PATH)
        return answer

    async def _passed_on(
        self, environ: dict[str, Any], match: PassingMatch, trace: Trace
    ) -> Answer:
        """Pass a clean operation to its service and its answer back."""
        trace.label = trace.upstream = match.service.value
        method = trace.method
        if method == "OPTIONS":
            return self._parts.finisher.preflight(CLEAN_METHODS)
        if method not in CLEAN_METHODS:
            raise wrong_method(method, CLEAN_METHODS)
        operation = ("GET" if method == "HEAD" else method, match.path)
        size_limit = LARGE_CLEAN_OPERATIONS.get(operation, FIELDS_LIMIT)
        length = declared_bytes(environ)
        token = await self._clean_token(environ, operation, trace)
        if length is not None and length > size_limit:
            raise Refused(Fault.BODY_TOO_LARGE)
        if token is None and operation in LARGE_CLEAN_OPERATIONS:
            raise Refused(Fault.NO_TOKEN)  # before anything of it is read
        is_trusted = self._parts.proxies.is_trusted_peer(environ)
        body: bytes | None = await self._parts.body(environ, size_limit, trace)
        if not body and method not in ("POST", "PUT", "PATCH"):
            body = None
        call = UpstreamCall(
            method=method,
            target=target_of(match.path, str(environ.get("QUERY_STRING", ""))),
            headers=[
                *self._parts.own_headers(token, trace),
                *passed_headers(environ, is_trusted=is_trusted),
            ],
            body=body,
            may_be_retried=method in ("GET", "HEAD"),
            may_come_in_pieces=method == "GET",
            caller=trace.caller,
        )
        answered = await self._parts.upstreams[match.service.value].call(call)
        trace.outcome = outcome_of(answered) if trace.entered else None
        if 300 <= answered.status < 400 and method not in ("GET", "HEAD"):
            raise Refused(Fault.UNEXPECTED)  # nothing but GET ever redirects
        is_announced = method == "HEAD" or answered.rest is not None
        length_text = answered.header("Content-Length") if is_announced else ""
        return Answer(
            status=answered.status,
            headers=tuple(returned_headers(answered.headers)),
            body=answered.body,
            length=int(length_text) if length_text.isdigit() else None,
            pieces=answered.rest,
        )

    async def _clean_token(
        self, environ: Mapping[str, Any], operation: tuple[str, str], trace: Trace
    ) -> str | None:
        """Verify the token where one is shown; the service knows whether one is needed.

        Raises:
            Refused: a token that is not good, another scheme, or too many requests.
        """
        is_open = operation in OPEN_CLEAN_OPERATIONS or operation[1] in OPEN_DOCUMENTS
        limit = OPEN_CLEAN_OPERATIONS.get(operation) or LIMITED_CLEAN_OPERATIONS.get(operation)
        authorization = str(environ.get("HTTP_AUTHORIZATION", ""))
        if is_open or not authorization:
            await self._parts.count_general(trace)
            await self._parts.count_limit(limit, trace, None)
            return None
        presented = CLEAN.header_token(authorization)
        if presented.is_ambiguous:
            raise Refused(Fault.BAD_TOKEN)
        identity = await self._parts.identified(presented.token, trace)
        await self._parts.count_limit(limit, trace, identity)
        return presented.token

    def _note_upstream_failure(self, error: UpstreamUnavailable) -> None:
        self._parts.metrics.count_upstream_failure(error.upstream, error.reason)
        self._log.warning("upstream_unavailable", upstream=error.upstream, reason=error.reason)

    def _note(self, trace: Trace, status: int, seconds: float) -> None:
        method = trace.method if trace.method in CLEAN_METHODS else "other"
        self._parts.metrics.count_request(trace.label, method, status, seconds)
        if trace.row is not None:
            row = trace.row
            self._parts.metrics.count_legacy(row.number, row.dialect.name, row.path)
        self._log.info(
            "request",
            method=method,
            route=trace.label,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            account_id=trace.account_id,
            upstream=trace.upstream,
        )


def _rendered(refused: Refused, trace: Trace) -> Answer:
    return answer_of(trace.dialect.render(refused, trace.habits))


def _descriptive_headers(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give what a legacy row's service may know about the caller's program, and for a GET what the
    caller has already.
    """
    is_reading = environ.get("REQUEST_METHOD") in ("GET", "HEAD")
    return [
        (name, str(environ[key])[:_MAX_DESCRIPTIVE_CHARACTERS])
        for key, name in (_DESCRIPTIVE_FOR_READING if is_reading else _DESCRIPTIVE)
        if environ.get(key)
    ]


def _captured(own_pages: WsgiApp, environ: dict[str, Any]) -> Answer:
    """Run a WSGI application and keep what it answers; HEAD is asked as GET, whose body is not
    written.
    """
    if environ.get("REQUEST_METHOD") == "HEAD":
        environ = {**environ, "REQUEST_METHOD": "GET"}
    environ = {**_WSGI, **environ, "wsgi.input": BytesIO()}
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: object = None
    ) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda _data: None

    pieces = own_pages(environ, start_response)
    try:
        body = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    kept = tuple((name, value) for name, value in headers if name.lower() != "content-length")
    return Answer(status=int(status.split(" ", 1)[0]), headers=kept, body=body)
