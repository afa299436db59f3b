"""The event loop the gateway lives on, for the few things that run in threads beside it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from shared.logs import described_error

T = TypeVar("T")


class Home:
    """Where coroutines of the gateway run. Threads (the keeper of ended sessions, the gateway's own
    pages, the fetching of keys) ask through it.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Note the running loop; called on it, once."""
        self._loop = asyncio.get_running_loop()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it; called in another thread.

        Raises:
            NotAtHome: there is no loop yet or any more, or this is its own thread, which must not
                wait.
        """
        if self._loop is None or self._loop.is_closed() or self._is_here():
            work.close()
            raise NotAtHome
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _is_here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False


class NotAtHome(Exception):
    """Nothing can be run on the loop from here, or not yet."""


async def going_on(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin a work again that ended by a mistake of ours: nobody else would notice."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the work has to go on
            structlog.get_logger().error("unexpected_error", **described_error(error))
