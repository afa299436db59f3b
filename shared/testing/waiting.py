"""Waiting by asking: never by sleeping a fixed time."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T], *, within_seconds: float = 30.0, every: float = 0.01) -> T:
    """Ask until the answer is truthy and give it; fail after the deadline with the last answer.

    An AssertionError of `ask` counts as "not yet".
    """
    deadline = time.monotonic() + within_seconds
    pause = threading.Event()
    while True:
        last: object
        try:
            answer = ask()
            if answer:
                return answer
            last = answer
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            message = f"not true within {within_seconds} s; last: {last!r}"
            raise AssertionError(message)
        pause.wait(every)


def at_the_same_time(works: Sequence[Callable[[], T]]) -> list[T]:
    """Run the works in threads that start together; give their results in order, raising the
    first error.
    """
    barrier = threading.Barrier(len(works))
    results: list[T | None] = [None] * len(works)
    errors: list[BaseException] = []

    def run(index: int) -> None:
        barrier.wait()
        try:
            results[index] = works[index]()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results  # type: ignore[return-value] # every place was filled
