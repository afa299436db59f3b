"""The gateway's ear: hears live facts at the broker and hands them to the streams.

It keeps trying. Whenever it begins anew nobody knows what passed meanwhile, so every open stream is
told to look at everything again.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import structlog

from gateway.hints import Fact, UnreadableFact, fact_of
from gateway.home import Home, NotAtHome
from gateway.streams import Streams
from shared.events.broker import BrokerUnavailable, Overhearing
from shared.logs import described_error

AT_ONCE: Final = 500
LISTEN_SECONDS: Final = 0.5
"""How often a thread that hears nothing looks whether it has to stop."""
PAUSES_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)
QUIET_SECONDS: Final = 20.0
"""While everything starts, a broker that is not there yet is no news."""

Overhear = Callable[[], Overhearing]


class Hearing:
    """Hears in a thread of its own."""

    def __init__(self, overhear: Overhear, streams: Streams, home: Home) -> None:
        self._overhear = overhear
        self._streams = streams
        self._home = home
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_hearing = False
        self._failures = 0
        self._has_complained = False
        self._quiet_until = time.monotonic() + QUIET_SECONDS

    @property
    def is_hearing(self) -> bool:
        """Tell whether live facts are heard at the moment."""
        return self._is_hearing

    def start(self) -> None:
        """Begin in the background; called once in the process that serves."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the background work; does not wait for it."""
        self._is_stopping.set()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                with closing(self._overhear()) as overhearing:
                    self._listen(overhearing)
            except BrokerUnavailable as error:
                self._lose(error)
            except NotAtHome:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, people have to be told again
                structlog.get_logger().error("unexpected_error", **described_error(error))
                self._lose(error)

    def _listen(self, overhearing: Overhearing) -> None:
        self._home.run(self._begun())
        self._is_hearing, self._failures, self._has_complained = True, 0, False
        while not self._is_stopping.is_set():
            bodies = overhearing.receive(limit=AT_ONCE, timeout_seconds=LISTEN_SECONDS)
            facts = [fact for fact in map(_fact_if_any, bodies) if fact is not None]
            if facts:
                self._home.run(self._told(facts))

    def _lose(self, error: Exception) -> None:
        is_news = self._is_hearing or time.monotonic() >= self._quiet_until
        if is_news and not self._has_complained:
            self._has_complained = True
            structlog.get_logger().warning("live_facts_not_heard", **described_error(error))
        self._is_hearing = False
        try:
            self._home.run(self._lost())
        except NotAtHome:
            self._is_stopping.set()
        pause = PAUSES_SECONDS[min(self._failures, len(PAUSES_SECONDS) - 1)]
        self._failures += 1
        self._is_stopping.wait(pause)

    async def _begun(self) -> None:
        self._streams.begin_hearing()
        await self._streams.tell_all_to_resync()

    async def _told(self, facts: list[Fact]) -> None:
        self._streams.hear(facts)

    async def _lost(self) -> None:
        self._streams.stop_hearing()


def _fact_if_any(body: bytes) -> Fact | None:
    try:
        return fact_of(body)
    except UnreadableFact as error:
        structlog.get_logger().error("unreadable_live_fact", **described_error(error))
        return None
