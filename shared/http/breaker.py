"""A circuit breaker around calls that run at the same time.

pybreaker's own `call` holds its lock while the call runs, which would make every upstream serial.
So outcomes are reported to it after the fact, and only the one trial call
of an open breaker runs inside.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

import pybreaker

T = TypeVar("T")

BreakerIsOpen = pybreaker.CircuitBreakerError


class ConcurrentBreaker:
    """Opens after `failures_to_open` failures in a row; after `open_seconds` one trial call
    decides.
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
        self._trial = threading.Lock()

    @property
    def state(self) -> str:
        """Give `closed`, `open` or `half-open`."""
        return str(self._breaker.current_state)

    def run(self, call: Callable[[], T]) -> T:
        """Make the call unless the breaker is open.

        Raises:
            BreakerIsOpen: it is, or another trial is under way.
        """
        if self._breaker.current_state == pybreaker.STATE_CLOSED:
            return self._reported(call)
        if not self._trial.acquire(blocking=False):
            raise BreakerIsOpen("a trial is under way")
        try:
            answer: T = self._breaker.call(call)
            return answer
        finally:
            self._trial.release()

    def _reported(self, call: Callable[[], T]) -> T:
        try:
            answer = call()
        except self._failures:
            self._report(_fail)
            raise
        if self._breaker.fail_counter:
            self._report(_succeed)
        return answer

    def _report(self, outcome: Callable[[], None]) -> None:
        """Tell the breaker an outcome; a late one says nothing about an open breaker and must not
        wait for its trial.
        """
        if self._breaker.current_state != pybreaker.STATE_CLOSED:
            return
        with contextlib.suppress(_Reported, BreakerIsOpen):
            self._breaker.call(outcome)


class _Reported(Exception):
    """Stands for a failure when it is reported after the fact."""


def _succeed() -> None:
    """Report a success."""


def _fail() -> None:
    raise _Reported
