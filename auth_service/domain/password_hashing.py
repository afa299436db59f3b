"""Hashing passwords with argon2id, at most as many at once as there are cores, in all the web
processes of the service together; whoever waits for a place is served in the order of coming, and
one sender never fills the line.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import Unavailable

MEMORY_KIB = 19 * 1024
TIME_COST = 2
PARALLELISM = 1
MOST_WAITING = 16
MOST_WAITING_OF_ONE_SENDER = 4  # multiplied as limits are
WAIT_SECONDS = 1.0
UNUSABLE = "!"  # a hash no password has


class PasswordHashing:
    """Hashes and compares; eight at once would hold every other request back ten-fold, so the rest
    waits shortly and is then refused. `sender` is for whom it is done: the network a request comes
    from. Never called inside a writing transaction. Thread-safe.

    `processes` share the cores; each may hash one at a time at least. `at_once` replaces this.
    `limit_scale` multiplies how many of one sender may wait.
    """

    def __init__(
        self,
        *,
        processes: int = 1,
        limit_scale: float = 1.0,
        at_once: int | None = None,
        memory_kib: int = MEMORY_KIB,
        time_cost: int = TIME_COST,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=PARALLELISM
        )
        self._line = _Line(
            at_once or _share_of_cores(processes),
            most_of_one_sender=max(1, round(MOST_WAITING_OF_ONE_SENDER * limit_scale)),
            wait_seconds=wait_seconds,
        )
        self._hash_of_nobody = self._hasher.hash(os.urandom(16))

    @property
    def waiting(self) -> int:
        """Give how many wait for a place."""
        return self._line.waiting

    @contextmanager
    def place(self, sender: str) -> Iterator["HashingPlace"]:
        """Hold a place: what may not be done in vain is done once it is there.

        Raises:
            Unavailable: too many others are waiting, or too many of the sender.
        """
        self._line.enter(sender)
        try:
            yield HashingPlace(self._hasher, self._hash_of_nobody)
        finally:
            self._line.leave()

    def hash(self, password: str, sender: str) -> str:
        """Hash a new password. Raises as `place` does."""
        with self.place(sender) as place:
            return place.hash(password)

    def matches(self, password_hash: str | None, password: str, sender: str) -> bool:
        """Compare as `HashingPlace.matches` does. Raises as `place` does."""
        with self.place(sender) as place:
            return place.matches(password_hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)


class HashingPlace:
    """What may be done in a place, as long as it is held."""

    def __init__(self, hasher: PasswordHasher, hash_of_nobody: str) -> None:
        self._hasher = hasher
        self._hash_of_nobody = hash_of_nobody

    def hash(self, password: str) -> str:
        """Hash a new password."""
        return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; for an unknown account (None) just as long, and never true."""
        is_real = password_hash is not None and password_hash != UNUSABLE
        kept = password_hash if is_real and password_hash else self._hash_of_nobody
        try:
            self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
        return is_real


@dataclass(eq=False)
class _Waiting:
    """Somebody in the line; `turn` is set when a place was handed over."""

    sender: str
    turn: threading.Event = field(default_factory=threading.Event)


class _Line:
    """Some places and a line before them. A place that becomes free goes to whoever has waited
    longest, never to somebody who has just come.
    """

    def __init__(self, places: int, *, most_of_one_sender: int, wait_seconds: float) -> None:
        self._free = places
        self._most_of_one_sender = most_of_one_sender
        self._wait_seconds = wait_seconds
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def enter(self, sender: str) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            waiting = self._lined_up(sender)
        if not waiting.turn.wait(self._wait_seconds):
            self._give_up(waiting)

    def leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().turn.set()
            else:
                self._free += 1

    def _lined_up(self, sender: str) -> _Waiting:
        of_sender = sum(each.sender == sender for each in self._waiting)
        if len(self._waiting) >= MOST_WAITING or of_sender >= self._most_of_one_sender:
            raise Unavailable
        waiting = _Waiting(sender)
        self._waiting.append(waiting)
        return waiting

    def _give_up(self, waiting: _Waiting) -> None:
        """Leave the line, unless the turn came in this very moment."""
        with self._lock:
            if waiting.turn.is_set():
                return
            self._waiting.remove(waiting)
        raise Unavailable


def _share_of_cores(processes: int) -> int:
    return max(1, (os.cpu_count() or 1) // processes)
