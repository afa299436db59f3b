"""Circuit breakers around calls that run at the same time, one for each operation of a service.

pybreaker's own `call` holds its lock while the call runs, which would make every upstream serial,
and knows no call that is awaited. So outcomes are reported to it after the fact, and the one trial
call of an open breaker is let through here.
"""

import contextlib
import re
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import TypeVar

import pybreaker

T = TypeVar("T")

BreakerIsOpen = pybreaker.CircuitBreakerError

MOST_OPERATIONS = 256
REMEMBERED = 4  # times the failures that open a breaker
_WORD = re.compile(r"[a-z][a-z-]*|v[0-9]|\.well-known|jwks\.json")


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

    def __init__(self, make: Callable[[str], "ConcurrentBreaker"]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._by_operation: OrderedDict[str, ConcurrentBreaker] = OrderedDict()

    def of(self, method: str, path: str) -> "ConcurrentBreaker":
        """Give the breaker of a call."""
        operation = operation_of(method, path)
        with self._lock:
            found = self._by_operation.get(operation)
            if found is None:
                found = self._by_operation[operation] = self._make(operation)
                while len(self._by_operation) > MOST_OPERATIONS:
                    self._by_operation.popitem(last=False)
            self._by_operation.move_to_end(operation)
            return found

    @property
    def state(self) -> str:
        """Give `open` or `half-open` when one of them is, else `closed`."""
        with self._lock:
            states = {breaker.state for breaker in self._by_operation.values()}
        return next((state for state in ("open", "half-open") if state in states), "closed")


class ConcurrentBreaker:
    """Opens after `failures_to_open` failures in a row; after `open_seconds` one trial call
    decides. Timeouts open it only when no single caller has met half of the failures: it may be
    what that caller asks for.
    """

    def __init__(
        self,
        name: str,
        *,
        failures_to_open: int,
        open_seconds: float,
        failures: tuple[type[Exception], ...],
    ) -> None:
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=failures_to_open, reset_timeout=open_seconds, name=name
        )
        self._failures = failures
        self._open_seconds = open_seconds
        self._opened_at = 0.0
        self._failures_to_open = failures_to_open
        self._trial = threading.Lock()
        self._counting = threading.Lock()
        self._whose_failures: deque[str | None] = deque(maxlen=REMEMBERED * failures_to_open)

    @property
    def state(self) -> str:
        """Give `closed`, `open` or `half-open`."""
        return str(self._breaker.current_state)

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
        if self._breaker.current_state == pybreaker.STATE_CLOSED:
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
        """Let the one trial call of an open breaker decide."""
        if time.monotonic() - self._opened_at < self._open_seconds:
            raise BreakerIsOpen("it is open")
        self._breaker.half_open()
        is_good = False
        try:
            yield
            is_good = True
        finally:
            if is_good:
                with self._counting:
                    self._whose_failures.clear()
                self._breaker.close()
            else:
                self._breaker.open()
                self._opened_at = time.monotonic()

    @contextlib.contextmanager
    def _reporting(self, caller: str | None) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            with self._counting:
                self._whose_failures.append(caller if isinstance(error, TimeoutError) else None)
                if not self._is_one_callers_own():
                    self._report(_fail)
            raise
        if self._breaker.fail_counter:
            with self._counting:
                self._whose_failures.clear()
                self._report(_succeed)

    def _is_one_callers_own(self) -> bool:
        """Tell whether the next failure would open the breaker though one caller alone has met half
        of the last ones, as timeouts.
        """
        if self._breaker.fail_counter + 1 < self._failures_to_open:
            return False
        counts = Counter(self._whose_failures)
        nobodys = counts.pop(None, 0)
        most = max(counts.values(), default=0)
        return nobodys < self._failures_to_open and most * 2 >= len(self._whose_failures)

    def _report(self, outcome: Callable[[], None]) -> None:
        """Tell the breaker an outcome; a late one says nothing about an open breaker and must not
        wait for its trial.
        """
        if self._breaker.current_state != pybreaker.STATE_CLOSED:
            return
        with contextlib.suppress(_Reported, BreakerIsOpen):
            self._breaker.call(outcome)
        if self._breaker.current_state != pybreaker.STATE_CLOSED:
            self._opened_at = time.monotonic()


class _Reported(Exception):
    """Stands for a failure when it is reported after the fact."""


def _succeed() -> None:
    """Report a success."""


def _fail() -> None:
    raise _Reported
