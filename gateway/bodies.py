"""Reading a request's body: bounded, within a time, and never so many at once that others have no
room.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import aiohttp
import aiohttp.web

from gateway.body_forms import unsupported
from gateway.errors import Fault, Refused, unavailable, unreadable_body
from gateway.requests import Arriving, Request
from gateway.routes import FIELDS_LIMIT

PROMPT_SECONDS = 0.5
SILENT_SECONDS = 15.0
BODY_SECONDS = 180.0
SLOW_BODY_RETRY_SECONDS = 5
LARGE_BODIES_AT_ONCE = 6
SLOW_LARGE_BODIES_AT_ONCE = 5
SLOW_LARGE_BODIES_OF_ONE_NETWORK = 3
SLOW_LARGE_BODIES_OF_ONE_CALLER = 2
LARGE_BODY_WAIT_SECONDS = 1.0
LARGE_BODY_RETRY_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a body has to come, in seconds: without a place of its own, without a pause, and in
    all.
    """

    prompt_seconds: float = PROMPT_SECONDS
    silent_seconds: float = SILENT_SECONDS
    total_seconds: float = BODY_SECONDS


PACE = Pace()


class SlowBodies:
    """Lets few bodies that do not come promptly be waited for, and fewer of one sender (a network,
    or an account): room stays for callers who send theirs.
    """

    def __init__(self, at_once: int, of_one_sender: int) -> None:
        self._at_once = at_once
        self._of_one_sender = of_one_sender
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """Hold a place while waiting.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        is_full = self._waiting.total() >= self._at_once
        if is_full or self._waiting[sender] >= self._of_one_sender:
            raise unavailable(SLOW_BODY_RETRY_SECONDS)
        self._waiting[sender] += 1
        try:
            yield
        finally:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender]


class SlowLargeBodies:
    """Lets large bodies come slowly, but not all of them at once, fewer of one network and fewer
    still of one caller: whoever dawdles leaves places for others.
    """

    def __init__(self) -> None:
        at_once = SLOW_LARGE_BODIES_AT_ONCE
        self._of_callers = SlowBodies(at_once, SLOW_LARGE_BODIES_OF_ONE_CALLER)
        self._of_networks = SlowBodies(at_once, SLOW_LARGE_BODIES_OF_ONE_NETWORK)

    @contextmanager
    def place(self, caller: str, network: str) -> Iterator[None]:
        """Hold a place while waiting.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        with self._of_callers.place(caller), self._of_networks.place(network):
            yield


class LargeBodies:
    """Lets few large bodies be in memory at once: each is kept, in up to three copies, until its
    answer is there.
    """

    def __init__(
        self, at_once: int = LARGE_BODIES_AT_ONCE, wait_seconds: float = LARGE_BODY_WAIT_SECONDS
    ) -> None:
        self._places = asyncio.BoundedSemaphore(at_once)
        self._wait_seconds = wait_seconds

    async def enter(self) -> None:
        """Take a place, waiting a moment for one.

        Raises:
            Refused: `UNAVAILABLE`, all are taken.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise unavailable(LARGE_BODY_RETRY_SECONDS) from None

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()


class Bodies:
    """Reads bodies; what is larger than fields ever are has to find a place first."""

    def __init__(self, slow: SlowBodies) -> None:
        self._slow = slow
        self._large = LargeBodies()
        self._slow_large = SlowLargeBodies()

    async def read(self, request: Request, size_limit: int) -> bytes:
        """Read a request's body; the place of a large one is given back by `let_go`.

        Raises:
            Refused: too large, incomplete, ambiguous, coded, or no place for it.
        """
        length = request.declared_bytes
        if length != 0:
            refuse_coded_body(request)
        least = size_limit if length is None else length
        if FIELDS_LIMIT < least <= size_limit and not request.holds_large_body:
            await self._large.enter()
            request.holds_large_body = True
        place = partial(self._slow.place, request.limited_by)
        if request.holds_large_body:
            place = partial(self._slow_large.place, request.caller, request.limited_by)
        return await read_body(request, size_limit, place)

    def let_go(self, request: Request) -> None:
        """Free what a request's body held; called once, when its answer is there."""
        if request.holds_large_body:
            self._large.leave()


def refuse_coded_body(request: Request) -> None:
    """Refuse a compressed body: nobody here opens one, and a small one may hold a very large one.

    Raises:
        Refused: `MEDIA_TYPE`, naming the coding.
    """
    coding = request.header("content-encoding").strip().lower()
    if coding not in ("", "identity"):
        raise unsupported(coding)


Place = Callable[[], AbstractContextManager[None]]


async def read_body(
    request: Request, limit: int, place: Place = nullcontext, pace: Pace = PACE
) -> bytes:
    """Read the whole body, at most `limit` bytes. What does not come promptly is waited for in a
    place of its own, as long as it goes on coming.

    Raises:
        Refused: `BODY_TOO_LARGE`; `UNREADABLE_BODY` when it ends early or comes too slowly;
            `BAD_FRAMING`; `UNAVAILABLE` when too many are waited for.
    """
    length = request.declared_bytes
    if length == 0:
        return b""
    most = limit if length is None else length
    if most > limit:
        raise Refused(Fault.BODY_TOO_LARGE)
    content = bytearray()
    try:
        if not await _came_promptly(request.arriving, content, most, pace):
            with place():
                await _wait_patiently(request.arriving, content, most, pace)
    except (OSError, aiohttp.ClientError, aiohttp.web.RequestPayloadError) as error:
        raise unreadable_body("the body is incomplete") from error
    if len(content) > most:
        raise Refused(Fault.BODY_TOO_LARGE)
    if length is not None and len(content) < length:
        raise unreadable_body("the body is incomplete")
    return bytes(content)


async def _came_promptly(arriving: Arriving, content: bytearray, most: int, pace: Pace) -> bool:
    try:
        async with asyncio.timeout(pace.prompt_seconds):
            while await _add_piece(arriving, content, most):
                pass
    except TimeoutError:
        return False
    return True


async def _wait_patiently(arriving: Arriving, content: bytearray, most: int, pace: Pace) -> None:
    is_more = True
    async with asyncio.timeout(pace.total_seconds):
        while is_more:
            async with asyncio.timeout(pace.silent_seconds):
                is_more = await _add_piece(arriving, content, most)


async def _add_piece(arriving: Arriving, content: bytearray, most: int) -> bool:
    """Add what has come; tell whether there is more to wait for."""
    piece = await arriving.readany()
    content += piece
    return bool(piece) and len(content) <= most
