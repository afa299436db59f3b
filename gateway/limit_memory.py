"""Counting limits in this process's memory, exactly and without threads.

The `limits` library's own memory storage starts a thread for nearly every count and may lose counts
made at the same moment; without Redis the gateway is one process and its limits are meant to be
exact.
"""

import threading
import time
from collections import deque

from limits.storage import Storage
from limits.storage.base import MovingWindowSupport

_PRUNE_EVERY_SECONDS = 30.0


class SteadyMemory(Storage, MovingWindowSupport):
    """Counters and moving windows under one lock; what has expired is forgotten now and then."""

    STORAGE_SCHEME = ["steady-memory"]  # noqa: RUF012 - the library's own way of naming a storage

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._counters: dict[str, tuple[int, float]] = {}
        self._windows: dict[str, tuple[deque[float], int]] = {}
        self._pruned_at = time.time()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails but by a mistake of ours."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count in a fixed window that begins with its first call."""
        now = time.time()
        with self._lock:
            self._prune(now)
            count, expires_at = self._counters.get(key, (0, 0.0))
            if expires_at <= now:
                count, expires_at = 0, now + expiry
            self._counters[key] = (count + amount, expires_at)
            return count + amount

    def get(self, key: str) -> int:
        """Give a fixed window's count."""
        with self._lock:
            count, expires_at = self._counters.get(key, (0, 0.0))
            return count if expires_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Give the moment a fixed window ends."""
        with self._lock:
            return self._counters.get(key, (0, time.time()))[1]

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Take a place in a moving window; False when it is full."""
        now = time.time()
        with self._lock:
            self._prune(now)
            entries, _ = self._windows.setdefault(key, (deque(), expiry))
            while entries and entries[0] <= now - expiry:
                entries.popleft()
            if len(entries) + amount > limit:
                return False
            entries.extend([now] * amount)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Give when the oldest entry of a window was made, and how many there are."""
        now = time.time()
        with self._lock:
            entries = [
                moment
                for moment in self._windows.get(key, (deque(), expiry))[0]
                if moment > now - expiry
            ]
        return (entries[0], len(entries)) if entries else (now, 0)

    def check(self) -> bool:
        """Memory always answers."""
        return True

    def reset(self) -> int:
        """Forget everything; give how many keys there were."""
        with self._lock:
            count = len(self._counters) + len(self._windows)
            self._counters.clear()
            self._windows.clear()
            return count

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._lock:
            self._counters.pop(key, None)
            self._windows.pop(key, None)

    def _prune(self, now: float) -> None:
        if now - self._pruned_at < _PRUNE_EVERY_SECONDS:
            return
        self._pruned_at = now
        self._counters = {key: value for key, value in self._counters.items() if value[1] > now}
        self._windows = {
            key: (entries, expiry)
            for key, (entries, expiry) in self._windows.items()
            if entries and entries[-1] > now - expiry
        }
