"""Hashing passwords with argon2id, at most as many at once as there are cores, in all the web
processes of the service together.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import Unavailable

MEMORY_KIB = 19 * 1024
TIME_COST = 2
PARALLELISM = 1
MOST_WAITING = 16
WAIT_SECONDS = 1.0
UNUSABLE = "!"  # a hash no password has


class PasswordHashing:
    """Hashes and compares; eight at once would hold every other request back ten-fold, so the rest
    waits shortly and is then refused. Never called inside a writing transaction. Thread-safe.

    `processes` share the cores; each may hash one at a time at least. `at_once` replaces this.
    """

    def __init__(
        self,
        *,
        processes: int = 1,
        at_once: int | None = None,
        memory_kib: int = MEMORY_KIB,
        time_cost: int = TIME_COST,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=PARALLELISM
        )
        self._wait_seconds = wait_seconds
        self._slots = threading.BoundedSemaphore(at_once or _share_of_cores(processes))
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._hash_of_nobody = self._hasher.hash(os.urandom(16))

    def hash(self, password: str) -> str:
        """Hash a new password.

        Raises:
            Unavailable: too many others are waiting.
        """
        with self._slot():
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare; for an unknown account (None) just as long, and never true.

        Raises:
            Unavailable: too many others are waiting.
        """
        is_real = password_hash is not None and password_hash != UNUSABLE
        with self._slot():
            try:
                self._hasher.verify(
                    password_hash if is_real and password_hash else self._hash_of_nobody, password
                )
            except (VerificationError, InvalidHashError):
                return False
        return is_real

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            self._wait_for_slot()
        try:
            yield
        finally:
            self._slots.release()

    def _wait_for_slot(self) -> None:
        if not self._waiting.acquire(blocking=False):
            raise Unavailable
        try:
            if not self._slots.acquire(timeout=self._wait_seconds):
                raise Unavailable
        finally:
            self._waiting.release()


def _share_of_cores(processes: int) -> int:
    return max(1, (os.cpu_count() or 1) // processes)
