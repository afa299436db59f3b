"""Answering the live part of the clean API: `POST /api/v1/stream-tickets` and `GET /api/v1/stream`
(server-sent events, WHATWG HTML 9.2).
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import parse_qs

from gateway.answers import Answer
from gateway.authentication import refuse_with_duty
from gateway.dialects.clean import CLEAN
from gateway.errors import Fault, Refused, wrong_method
from gateway.parts import Parts
from gateway.requests import Request
from gateway.routes import LiveMatch, LiveOperation
from gateway.stream_places import KEEP_EVERY_SECONDS
from gateway.stream_tickets import MAX_TICKET_CHARACTERS, TICKET_SECONDS
from shared import strict_json
from shared.access_tokens import Identity
from shared.clock import instant_text

A = TypeVar("A")
T = TypeVar("T")

EVENT_STREAM: Final = "text/event-stream"
LOOK_EVERY_SECONDS: Final = 0.5
_METHODS: Final = {
    LiveOperation.STREAM: ("GET", "HEAD", "OPTIONS"),
    LiveOperation.TICKETS: ("OPTIONS", "POST"),
}


class LiveAnswers:
    """Opens streams and gives tickets for them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, request: Request, match: LiveMatch) -> Answer:
        """Answer a request for a stream or a ticket.

        Raises:
            Refused: another method, no good token or ticket, a duty that comes first, too many
                requests or streams.
        """
        request.label = "live"
        methods = _METHODS[match.operation]
        if request.method == "OPTIONS":
            return self._parts.finisher.preflight(methods)
        if request.method not in methods:
            raise wrong_method(request.method, methods)
        if match.operation is LiveOperation.TICKETS:
            return await self._ticket(request)
        return await self._stream(request)

    async def look_after(self) -> None:
        """Let hearts beat, and streams end whose token or login session did; hold the places of
        those that go on; until cancelled.
        """
        keep_at = 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self._parts.streams.tick()
            await self.give_places_back()
            if keep_at <= time.monotonic():
                keep_at = time.monotonic() + KEEP_EVERY_SECONDS
                await self._of_places(self._parts.stream_places.keep, self._parts.streams.places)
            sessions = self._parts.streams.login_sessions
            if not sessions:
                continue
            try:
                ended = await asyncio.to_thread(self._parts.gatekeeper.ended_among, sessions)
            except Refused:  # nobody can tell: no stream stays open on trust
                self._parts.streams.end_all()
            else:
                self._parts.streams.end_of(ended)

    async def give_places_back(self) -> None:
        """Free the places of streams that have ended."""
        if left := self._parts.streams.left_places():
            await self._of_places(self._parts.stream_places.give_back, left)

    async def _ticket(self, request: Request) -> Answer:
        identity = await self._identity(request)
        ticket = await self._of_tickets(self._parts.stream_tickets.issue, identity)
        expires_at = self._parts.clock.now() + timedelta(seconds=TICKET_SECONDS)
        body = strict_json.dumps({"ticket": ticket, "expires_at": instant_text(expires_at)})
        return Answer(status=201, headers=(("Content-Type", "application/json"),), body=body)

    async def _stream(self, request: Request) -> Answer:
        ticket = _ticket_in(request.query)
        if ticket is None:
            identity = await self._identity(request)
        elif request.header("authorization"):
            raise Refused(Fault.BAD_TOKEN)  # two of them, and nobody knows whom to believe
        else:
            identity = await self._ticket_holder(ticket, request)
        headers = (
            ("Content-Type", EVENT_STREAM),
            ("Cache-Control", "no-store, no-transform"),
            ("X-Accel-Buffering", "no"),
        )
        if request.method == "HEAD":
            return Answer(status=200, headers=headers)
        last_event_id = request.header("last-event-id")
        place = await self._of_places(self._parts.stream_places.take, identity.account_id)
        try:
            stream = self._parts.streams.open(identity, place, last_event_id)
        except Refused:
            await self._of_places(self._parts.stream_places.give_back, [place])
            raise
        return Answer(status=200, headers=headers, pieces=stream)

    async def _identity(self, request: Request) -> Identity:
        authorization = request.header("authorization")
        if not authorization:
            await self._parts.admission.count_general(request)
            raise Refused(Fault.NO_TOKEN)
        presented = CLEAN.header_token(authorization)
        if presented.is_ambiguous:
            raise Refused(Fault.BAD_TOKEN)
        identity = await self._parts.admission.identified(request, presented.token)
        refuse_with_duty(identity)
        return identity

    async def _ticket_holder(self, ticket: str, request: Request) -> Identity:
        """Give whom a ticket speaks for, as long as their login session goes on."""
        await self._parts.admission.count_general(request)
        if len(ticket) > MAX_TICKET_CHARACTERS:
            raise Refused(Fault.BAD_TOKEN)
        identity = await self._of_tickets(self._parts.stream_tickets.redeem, ticket)
        if identity is None:
            raise Refused(Fault.BAD_TOKEN)
        if identity.expires_at <= self._parts.clock.now().timestamp():
            raise Refused(Fault.TOKEN_EXPIRED)
        await self._parts.gatekeeper.refuse_ended(identity)
        request.account_id = identity.account_id
        await self._parts.admission.count_general(request, identity)
        return identity

    async def _of_tickets(self, question: Callable[[A], T], about: A) -> T:
        return await _asked(question, about, may_wait=self._parts.stream_tickets.may_wait)

    async def _of_places(self, question: Callable[[A], T], about: A) -> T:
        return await _asked(question, about, may_wait=self._parts.stream_places.may_wait)


async def _asked(question: Callable[[A], T], about: A, *, may_wait: bool) -> T:
    """Ask a store here where this process has it, beside the event loop where another host does."""
    return await asyncio.to_thread(question, about) if may_wait else question(about)


def _ticket_in(query: str) -> str | None:
    """Find the ticket in a query; several of them are none that is good."""
    found = parse_qs(query, keep_blank_values=True, max_num_fields=None).get("ticket")
    if found is None:
        return None
    return found[0] if len(found) == 1 else ""
