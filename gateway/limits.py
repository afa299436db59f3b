"""How much one caller may ask: the numbers, and counting them in memory or in Redis.

The `limits` library counts; it is used directly because the hot path never reaches Flask. When
Redis fails, this process counts in memory for a while: a limit that is too generous for a minute is
better than refusing everybody. Limits per account stand in auth_service.
"""

import math
import threading
import time
from collections.abc import Mapping

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from gateway.errors import Circumstances, Fault, Refused
from gateway.limit_memory import SteadyMemory
from gateway.routes import Limit
from shared.logs import described_error

GENERAL = "general"
REDIS_PREFIX = "hearth:limits"
REDIS_PAUSE_SECONDS = 5.0

# How many, and in how many minutes.
NUMBERS: Mapping[str, tuple[int, int]] = {
    GENERAL: (600, 1),
    Limit.LOGIN: (10, 5),
    Limit.REGISTRATION: (5, 60),
    Limit.CODE_MAIL: (20, 60),
    Limit.CODE_GUESS: (20, 5),
    Limit.MESSAGE: (30, 1),
    Limit.PICTURE: (10, 1),
}


def _item(name: str, scale: float) -> RateLimitItem:
    count, minutes = NUMBERS[name]
    scaled = max(1, math.floor(count * scale))
    if minutes % 60 == 0:
        return RateLimitItemPerHour(scaled, minutes // 60, namespace=name)
    return RateLimitItemPerMinute(scaled, minutes, namespace=name)


class Limits:
    """Counts calls against the limits. Thread-safe; never raises anything but a refusal."""

    def __init__(self, scale: float, redis_url: str | None = None) -> None:
        self._items = {name: _item(name, scale) for name in NUMBERS}
        self._memory = _Counters(SteadyMemory())
        self._redis = _redis_counters(redis_url) if redis_url else None
        self._redis_pause_until = 0.0
        self._lock = threading.Lock()

    def count(self, name: str, key: str) -> None:
        """Count one call of `key` (a login session or an address) against the named limit.

        Raises:
            Refused: `TOO_MANY_REQUESTS` with the seconds until the next call may succeed.
        """
        item = self._items[name]
        counters = self._counters()
        try:
            seconds = counters.seconds_to_wait(item, key)
        except Exception as error:
            if counters is self._memory:
                raise
            self._pause_redis(error)
            seconds = self._memory.seconds_to_wait(item, key)
        if seconds:
            raise Refused(Fault.TOO_MANY_REQUESTS, Circumstances(retry_after_seconds=seconds))

    def close(self) -> None:
        """Let go of Redis."""
        if self._redis is not None:
            self._redis.close()

    def _counters(self) -> "_Counters":
        if self._redis is None or time.monotonic() < self._redis_pause_until:
            return self._memory
        return self._redis

    def _pause_redis(self, error: Exception) -> None:
        with self._lock:
            self._redis_pause_until = time.monotonic() + REDIS_PAUSE_SECONDS
        structlog.get_logger().warning("limits_counted_in_memory", **described_error(error))


class _Counters:
    """One storage: general traffic in cheap fixed windows, the narrow limits in moving ones, so
    that no edge doubles them.
    """

    def __init__(self, storage: SteadyMemory | RedisStorage) -> None:
        self._storage = storage
        self._fixed: RateLimiter = FixedWindowRateLimiter(storage)
        self._moving: RateLimiter = MovingWindowRateLimiter(storage)

    def seconds_to_wait(self, item: RateLimitItem, key: str) -> int:
        """Count a call; 0 when it may go on."""
        limiter = self._fixed if item.namespace == GENERAL else self._moving
        if limiter.hit(item, key):
            return 0
        remaining = limiter.get_window_stats(item, key).reset_time - time.time()
        return max(1, math.ceil(remaining))

    def close(self) -> None:
        """Close the storage's connections, where it has some."""
        if isinstance(self._storage, RedisStorage):
            self._storage.storage.close()


def _redis_counters(url: str) -> _Counters:
    storage = RedisStorage(
        url,
        wrap_exceptions=False,
        key_prefix=REDIS_PREFIX,
        socket_timeout=0.5,
        socket_connect_timeout=0.25,
    )
    return _Counters(storage)
