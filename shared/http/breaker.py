"""Circuit breakers around calls that run at the same time, one for each operation of a service.

Calls report their outcome after the fact and hold no lock meanwhile, so that an upstream is never
made serial, and a call that is awaited is as good as one that blocks.
"""

import contextlib
import re
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

T = TypeVar("T")

MOST_OPERATIONS = 256
REMEMBERED = 4  # times the failures that open a breaker
_WORD = re.compile(r"[a-z][a-z-]*|v[0-9]|\.well-known|jwks\.json")


State = Literal["closed", "open", "half-open"]


class BreakerIsOpen(Exception):
    """The call was not made: the ones before it failed."""


def operation_of(method: str, path: str) -> str:
    """Give a call's method and route: what is no word in the path is somebody's id."""
    segments = path.partition("?")[0].split("/")
    return f"{method} " + "/".join(
        segment if not segment or _WORD.fullmatch(segment) else "<>" for segment in segments
    )


class OperationBreakers:
    """A breaker for each operation of one service, so that one that hangs or fails refuses none of
    the others. Of the operations that have not been called for longest none is kept beyond
    `MOST_OPERATIONS`.
    """

    def __init__(self, make: Callable[[], "ConcurrentBreaker"]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._by_operation: OrderedDict[str, ConcurrentBreaker] = OrderedDict()

    def of(self, method: str, path: str) -> "ConcurrentBreaker":
        """Give the breaker of a call."""
        operation = operation_of(method, path)
        with self._lock:
            found = self._by_operation.get(operation)
            if found is None:
                found = self._by_operation[operation] = self._make()
                while len(self._by_operation) > MOST_OPERATIONS:
                    self._by_operation.popitem(last=False)
            self._by_operation.move_to_end(operation)
            return found

    @property
    def state(self) -> State:
        """Give `open` or `half-open` when one of them is, else `closed`."""
        with self._lock:
            states = {breaker.state for breaker in self._by_operation.values()}
        if "open" in states:
            return "open"
        return "half-open" if "half-open" in states else "closed"


class ConcurrentBreaker:
    """Opens after `failures_to_open` failures in a row; after `open_seconds` one trial call
    decides. Timeouts open it only when no single caller has met half of the failures: it may be
    what that caller asks for.
    """

    def __init__(
        self,
        *,
        failures_to_open: int,
        open_seconds: float,
        failures: tuple[type[Exception], ...],
    ) -> None:
        self._failures = failures
        self._failures_to_open = failures_to_open
        self._open_seconds = open_seconds
        self._state: State = "closed"
        self._opened_at = 0.0
        self._failures_in_a_row = 0
        self._trial = threading.Lock()
        self._counting = threading.Lock()
        self._whose_failures: deque[str | None] = deque(maxlen=REMEMBERED * failures_to_open)

    @property
    def state(self) -> State:
        """Give whether calls are made, refused, or one is tried."""
        return self._state

    def run(self, call: Callable[[], T], caller: str | None = None) -> T:
        """Make a call as an `attempt`."""
        with self.attempt(caller):
            return call()

    @contextlib.contextmanager
    def attempt(self, caller: str | None = None) -> Iterator[None]:
        """Stand around a call, one that is awaited too, unless the breaker is open; `caller` is for
        whom it is made.

        Raises:
            BreakerIsOpen: it is, or a trial is under way.
        """
        if self._state == "closed":
            with self._reporting(caller):
                yield
            return
        if not self._trial.acquire(blocking=False):
            raise BreakerIsOpen("a trial is under way")
        try:
            with self._trying():
                yield
        finally:
            self._trial.release()

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        """Let the one trial call of an open breaker decide; anything but its success opens it
        again, a caller that goes away too.
        """
        if time.monotonic() - self._opened_at < self._open_seconds:
            raise BreakerIsOpen("it is open")
        self._state = "half-open"
        is_good = False
        try:
            yield
            is_good = True
        finally:
            with self._counting:
                if is_good:
                    self._close()
                else:
                    self._open()

    @contextlib.contextmanager
    def _reporting(self, caller: str | None) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            with self._counting:
                self._count_failure(caller if isinstance(error, TimeoutError) else None)
            raise
        if self._failures_in_a_row:
            with self._counting:
                self._count_success()

    def _count_failure(self, whose: str | None) -> None:
        """Count one more; a late one says nothing about a breaker that opened meanwhile."""
        self._whose_failures.append(whose)
        if self._state != "closed" or self._is_one_callers_own():
            return
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= self._failures_to_open:
            self._open()

    def _count_success(self) -> None:
        self._whose_failures.clear()
        if self._state == "closed":
            self._failures_in_a_row = 0

    def _open(self) -> None:
        self._state = "open"
        self._opened_at = time.monotonic()

    def _close(self) -> None:
        self._state = "closed"
        self._failures_in_a_row = 0
        self._whose_failures.clear()

    def _is_one_callers_own(self) -> bool:
        """Tell whether the next failure would open the breaker though one caller alone has met half
        of the last ones, as timeouts.
        """
        if self._failures_in_a_row + 1 < self._failures_to_open:
            return False
        counts = Counter(self._whose_failures)
        nobodys = counts.pop(None, 0)
        most = max(counts.values(), default=0)
        return nobodys < self._failures_to_open and most * 2 >= len(self._whose_failures)
