"""Live streams: who listens, what each is told, and what was told lately.

A place in a stream is a moment of this host's clock in milliseconds, so that every process of the
gateway understands every place. Whoever comes back is told everything since then and a little
before, hence some hints twice; where nobody can know what passed, `resync` says so. Everything here
runs on the event loop.
"""

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Final

from gateway.errors import Fault, Refused
from gateway.hints import Fact
from gateway.stream_places import STREAMS_OF_ONE_ACCOUNT, Place, too_many
from shared.access_tokens import Identity
from shared.clock import Clock

REMEMBERED_SECONDS: Final = 300.0
OVERLAP_SECONDS: Final = 2.0
"""How far apart the clocks and ears of several gateways may be."""
HEARTBEAT_SECONDS: Final = 15.0
MOST_UNTAKEN_BYTES: Final = 64 * 1024
MOST_REMEMBERED: Final = 100_000
_GREETING: Final = b"retry: 2000\n\n"
_RESYNC: Final = b"event: resync\ndata: {}\n"
_HEARTBEAT: Final = b"event: heartbeat\ndata: {}\n"
"""An event and no comment: comments reach no browser's script, which has to see that a stream on a
phone that slept is dead."""
_MOST_DIGITS: Final = 16


class Stream:
    """One caller's stream: an endless answer in pieces, until `end`."""

    is_endless = True

    def __init__(
        self,
        identity: Identity,
        place: Place,
        beats_at: float,
        forget: Callable[["Stream"], None],
    ) -> None:
        self.place = place
        self.account_id = identity.account_id
        self.login_session_id = identity.login_session_id
        self.expires_at = identity.expires_at
        self.beats_at = beats_at
        self._forget = forget
        self._untaken: list[bytes] = []
        self._untaken_bytes = 0
        self._has_ended = False
        self._waiting: asyncio.Future[None] | None = None

    def tell(self, text: bytes) -> None:
        """Add lines. A reader that takes too little is let go: it comes back and is told then."""
        self._untaken.append(text)
        self._untaken_bytes += len(text)
        self._wake()
        if self._untaken_bytes > MOST_UNTAKEN_BYTES:
            self.close()

    def end(self) -> None:
        """Let the answer end with what was told."""
        self._has_ended = True
        self._wake()

    def close(self) -> None:
        """Nobody takes any more of it."""
        self.end()
        self._forget(self)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._untaken:
            if self._has_ended:
                raise StopAsyncIteration
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        piece = b"".join(self._untaken)
        self._untaken.clear()
        self._untaken_bytes = 0
        return piece

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class _Memory:
    """What was told in the last minutes, by account; knows since when it missed nothing."""

    def __init__(self) -> None:
        self.since: int | None = None
        self._told: dict[int, deque[tuple[int, bytes]]] = {}
        self._in_order: deque[tuple[int, int]] = deque()
        self._facts: OrderedDict[str, int] = OrderedDict()

    def begin(self, place: int | None) -> None:
        """Forget everything; from this place on nothing is missed. None: something is, from now."""
        self.since = place
        self._told.clear()
        self._in_order.clear()
        self._facts.clear()

    def is_new(self, event_id: str, place: int) -> bool:
        """Note an event; tell whether it was not heard before."""
        if event_id in self._facts:
            return False
        self._facts[event_id] = place
        return True

    def add(self, account_id: int, place: int, text: bytes) -> None:
        """Remember what an account was told, and forget what is too old or too much."""
        self._told.setdefault(account_id, deque()).append((place, text))
        self._in_order.append((place, account_id))
        if len(self._in_order) > MOST_REMEMBERED:
            self._forget_oldest()

    def forget_before(self, place: int) -> None:
        """Forget what was told before a place."""
        while self._in_order and self._in_order[0][0] < place:
            self._forget_oldest()
        while self._facts and next(iter(self._facts.values())) < place:
            self._facts.popitem(last=False)
        if self.since is not None:
            self.since = max(self.since, place)

    def told_since(self, account_id: int, place: int) -> list[tuple[int, bytes]]:
        """Give what an account was told from a place on."""
        return [each for each in self._told.get(account_id, ()) if each[0] >= place]

    def _forget_oldest(self) -> None:
        place, account_id = self._in_order.popleft()
        told = self._told[account_id]
        told.popleft()
        if not told:
            del self._told[account_id]
        if self.since is not None:
            self.since = max(self.since, place + 1)


class Streams:
    """Every open stream of this process."""

    def __init__(self, clock: Clock, count_open: Callable[[int], None] = lambda _: None) -> None:
        self._clock = clock
        self._count_open = count_open
        self._memory = _Memory()
        self._last_place = 0
        self._of_account: dict[int, set[Stream]] = {}
        self._all: dict[Stream, None] = {}
        self._left: list[Place] = []
        self._is_closed = False

    def open(self, identity: Identity, place: Place, last_event_id: str) -> Stream:
        """Begin a stream that holds a place among its account's; `last_event_id` says how far its
        reader has come, or is empty.

        Raises:
            Refused: `TOO_MANY_REQUESTS`, the account has as many as it may; `UNAVAILABLE`, this
                process is stopping.
        """
        if self._is_closed:
            raise Refused(Fault.UNAVAILABLE)
        others = self._of_account.setdefault(identity.account_id, set())
        if len(others) >= STREAMS_OF_ONE_ACCOUNT:
            raise too_many()
        # Not all at once: each has its own beat.
        beats_at = self._seconds() + random.uniform(0, HEARTBEAT_SECONDS)  # noqa: S311
        stream = Stream(identity, place, beats_at, self._forget)
        others.add(stream)
        self._all[stream] = None
        self._count_open(len(self._all))
        self._greet(stream, last_event_id)
        return stream

    def begin_hearing(self) -> None:
        """From now on nothing is missed; what passed before nobody knows."""
        self._memory.begin(self._place())

    def stop_hearing(self) -> None:
        """From now on everything may be missed."""
        self._memory.begin(None)

    async def tell_all_to_resync(self) -> None:
        """Tell every stream that nobody knows what passed; in portions, with others served
        between.
        """
        for portion in _portions(list(self._all), 100):
            text = _RESYNC + _place_line(self._place())
            for stream in portion:
                stream.tell(text)
            await asyncio.sleep(0)

    def hear(self, facts: Iterable[Fact]) -> None:
        """Tell whoever each fact is told to, once however often it is heard."""
        for fact in facts:
            if not self._memory.is_new(fact.event_id, self._last_place):
                continue
            for hint in fact.hints:
                place = self._place()
                text = hint.text + _place_line(place)
                self._memory.add(hint.account_id, place, text)
                for stream in tuple(self._of_account.get(hint.account_id, ())):
                    stream.tell(text)

    def tick(self) -> None:
        """Let hearts beat, streams of expired tokens end, and memories fade; called twice a
        second.
        """
        now = self._seconds()
        heartbeat = b""
        for stream in tuple(self._all):
            if stream.expires_at <= now:
                stream.end()
            elif stream.beats_at <= now:
                heartbeat = heartbeat or _HEARTBEAT + _place_line(self._place())
                stream.beats_at = now + HEARTBEAT_SECONDS
                stream.tell(heartbeat)
        self._memory.forget_before(int((now - REMEMBERED_SECONDS) * 1000))

    @property
    def login_sessions(self) -> frozenset[str]:
        """Give the login sessions that streams hang on."""
        return frozenset(stream.login_session_id for stream in self._all)

    @property
    def places(self) -> list[Place]:
        """Give the places of open streams."""
        return [stream.place for stream in self._all]

    def left_places(self) -> list[Place]:
        """Give the places of streams that have ended since this was asked last."""
        left, self._left = self._left, []
        return left

    def end_of(self, login_sessions: Collection[str]) -> None:
        """End the streams of login sessions that have ended."""
        for stream in self._all:
            if stream.login_session_id in login_sessions:
                stream.end()

    def end_all(self) -> None:
        """End every stream; their readers come back."""
        for stream in self._all:
            stream.end()

    def close(self) -> None:
        """End every stream and open none any more."""
        self._is_closed = True
        self.end_all()

    def _greet(self, stream: Stream, last_event_id: str) -> None:
        """Say what its reader missed, and where the stream stands now."""
        stream.tell(_GREETING)
        place = self._place()
        if last_event_id:
            for text in self._missed(stream.account_id, last_event_id):
                stream.tell(text)
        stream.tell(_place_line(place))

    def _missed(self, account_id: int, last_event_id: str) -> list[bytes]:
        since = self._known_since(last_event_id)
        if since is None:
            return [_RESYNC + b"\n"]
        return [text for _, text in self._memory.told_since(account_id, since)]

    def _known_since(self, last_event_id: str) -> int | None:
        """Give from which place on a reader has to be told; None where that is not known."""
        is_place = last_event_id.isascii() and last_event_id.isdigit()
        if not is_place or len(last_event_id) > _MOST_DIGITS or self._memory.since is None:
            return None
        overlap = int(OVERLAP_SECONDS * 1000)
        place = int(last_event_id)
        is_known = self._memory.since <= place - overlap and place <= self._last_place + overlap
        return place - overlap if is_known else None

    def _forget(self, stream: Stream) -> None:
        others = self._of_account.get(stream.account_id)
        if others is not None:
            others.discard(stream)
            if not others:
                del self._of_account[stream.account_id]
        if stream in self._all:
            del self._all[stream]
            self._left.append(stream.place)
        self._count_open(len(self._all))

    def _place(self) -> int:
        """Give the next place; they grow, whatever the clock does."""
        self._last_place = max(self._last_place + 1, int(self._seconds() * 1000))
        return self._last_place

    def _seconds(self) -> float:
        return self._clock.now().timestamp()


def _place_line(place: int) -> bytes:
    return b"id: %d\n\n" % place


def _portions(streams: list[Stream], size: int) -> Iterator[list[Stream]]:
    waiting = iter(streams)
    while portion := list(islice(waiting, size)):
        yield portion
