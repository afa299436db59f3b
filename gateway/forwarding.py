"""Every request's way through the gateway, on its event loop: found in the table, answered by the
room that knows how, finished, counted.

Every answer, whoever made it, leaves through here: with its request id, its headers, one log line
and its counts.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from gateway.answers import Answer, answer_of
from gateway.callers import best_locale
from gateway.clean_api import CleanApi
from gateway.dialects.clean import CLEAN
from gateway.dialects.pages import PAGES
from gateway.errors import Fault, Refused, unavailable
from gateway.heads import fault_of
from gateway.health import ReadinessProbe
from gateway.home import going_on
from gateway.legacy_rows import LegacyRows, legacy_headers
from gateway.limits import Outcome
from gateway.live import LiveAnswers
from gateway.own_pages import OwnPages, WsgiApp
from gateway.parts import Parts
from gateway.portal import PortalPages
from gateway.requests import Request
from gateway.routes import (
    CLEAN_METHODS,
    LegacyMatch,
    LiveMatch,
    Match,
    NoMatch,
    OwnMatch,
    PassingMatch,
    PortalMatch,
)
from gateway.upstreams import UpstreamUnavailable
from shared.logs import correlation, described_error, usable_request_id

_BESIDE: Final = 64  # as many may wait for another host before others have to
_FAULTS_OF_BODIES = frozenset({Fault.MEDIA_TYPE, Fault.NO_OBJECT, Fault.UNREADABLE_BODY})


class Gateway:
    """Answers every request, on the event loop `begin` was called on; `own_pages` are WSGI."""

    def __init__(self, own_pages: WsgiApp, parts: Parts, readiness: ReadinessProbe) -> None:
        self.parts = self._parts = parts
        self._readiness = readiness
        self._clean_api = CleanApi(parts)
        self._legacy_rows = LegacyRows(parts)
        self._portal_pages = PortalPages(parts)
        self._live_answers = LiveAnswers(parts)
        self._own_pages = OwnPages(own_pages, parts)
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
        await self._live_answers.give_places_back()
        await self.parts.upstreams.close()
        await self.parts.portal.close()
        await self._readiness.close()

    async def answer(self, request: Request) -> Answer:
        """Answer one request."""
        started = time.perf_counter()
        request.address = self._parts.proxies.client_address(request)
        with correlation(usable_request_id(request.headers.get("x-request-id"))) as request_id:
            try:
                answer = await self._answer(request)
            finally:
                await self._parts.admission.let_go(request)
            answer = self._parts.finisher.finished(request, answer, request_id)
            self._note(request, answer.status, time.perf_counter() - started)
        return answer

    async def refused_head(self, request: Request, status: int) -> Answer:
        """Answer a request whose head the web server cannot take, as any other is refused."""
        request.address = self._parts.proxies.client_address(request)
        with correlation(usable_request_id(request.headers.get("x-request-id"))) as request_id:
            if request.path != "/":  # the index is no row's, whoever shares it
                self._found(request)
            refused = await self._counted(request, Refused(fault_of(status)))
            answer = _rendered(refused, request)
            answer = self._parts.finisher.finished(request, answer, request_id)
            self._note(request, answer.status, 0.0)
        return answer

    async def _answer(self, request: Request) -> Answer:
        """Answer whatever happens: a refusal is rendered in the dialect of the URL."""
        match: Match = NoMatch(dialect=CLEAN)
        try:
            match = self._found(request)
            answer = await self._dispatched(request, match)
        except Refused as refused:
            answer = _rendered(await self._counted(request, refused), request)
        except UpstreamUnavailable as error:
            self._note_upstream_failure(error)
            answer = _rendered(unavailable(error.retry_after_seconds), request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets the dialect's 500 and nothing else
            self._log.error("unexpected_error", route=request.label, **described_error(error))
            answer = _rendered(Refused(Fault.UNEXPECTED), request)
        if request.row is not None and isinstance(match, LegacyMatch):
            answer = answer.with_headers(legacy_headers(request.row, match.path_parameters))
        return answer

    async def _counted(self, request: Request, refused: Refused) -> Refused:
        """Count a refusal that came before anybody was known; that may be one too many."""
        if refused.fault in _FAULTS_OF_BODIES and request.outcome is None:
            request.outcome = Outcome.MALFORMED
        try:
            await self._parts.admission.count_general(request)
        except Refused as too_many:
            return too_many
        return refused

    def _found(self, request: Request) -> Match:
        match = self._parts.table.find(request.path)
        if isinstance(match, LegacyMatch | NoMatch):
            request.dialect = match.dialect
        elif isinstance(match, PortalMatch):
            languages = request.header("accept-language")
            request.dialect = PAGES[best_locale(languages, CLEAN.default_locale)]
        return match

    async def _dispatched(self, request: Request, match: Match) -> Answer:
        if isinstance(match, PassingMatch):
            return await self._clean_api.answer(request, match)
        if isinstance(match, LegacyMatch):
            return await self._legacy(request, match)
        if isinstance(match, LiveMatch):
            return await self._live_answers.answer(request, match)
        if isinstance(match, PortalMatch):
            return await self._portal_pages.answer(request, match)
        if isinstance(match, OwnMatch):
            return await self._own_pages.answer(request)
        raise Refused(Fault.UNKNOWN_PATH)

    async def _legacy(self, request: Request, match: LegacyMatch) -> Answer:
        if request.method == "OPTIONS":
            return self._parts.finisher.preflight(match.allowed_methods)
        if not match.is_own_page:
            return await self._legacy_rows.answer(request, match)
        await self._parts.admission.chosen_row(request, match)
        return await self._own_pages.answer(request, match.allowed_methods)

    def _note_upstream_failure(self, error: UpstreamUnavailable) -> None:
        self._parts.metrics.count_upstream_failure(error.upstream, error.reason)
        self._log.warning("upstream_unavailable", upstream=error.upstream, reason=error.reason)

    def _note(self, request: Request, status: int, seconds: float) -> None:
        method = request.method if request.method in CLEAN_METHODS else "other"
        self._parts.metrics.count_request(request.label, method, status, seconds)
        if request.row is not None:
            row = request.row
            self._parts.metrics.count_legacy(row.number, row.dialect.name, row.path)
        self._log.info(
            "request",
            method=method,
            route=request.label,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            account_id=request.account_id,
            upstream=request.upstream,
        )


def _rendered(refused: Refused, request: Request) -> Answer:
    return answer_of(request.dialect.render(refused, request.habits))
