"""How much one caller may ask: the numbers, and counting them in memory or in Redis.

General traffic and what costs something are counted when they come. What only abuse makes many of
is counted by how it ended: logins and codes when they fail, sign-ups and code mails when they are
accepted; whoever does it right is never in the way of others behind the same address.

The `limits` library counts; it is used directly because the hot path never reaches Flask. When
Redis fails, this process counts in memory for a while: a limit that is too generous for a minute is
better than refusing everybody. Limits per account stand in auth_service.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NoReturn, TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from gateway.errors import Circumstances, Fault, Refused
from gateway.limit_memory import SteadyMemory
from gateway.routes import Limit
from shared.logs import described_error

T = TypeVar("T")

GENERAL = "general"
REFUSED_REGISTRATION = "refused_registration"
REDIS_PREFIX = "hearth:limits"
REDIS_PAUSE_SECONDS = 5.0
ALERT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a limit leaves its caller: so many of `quota` in `window_seconds`; `seconds` until there
    is room again, where that costs nothing to know.
    """

    quota: int
    window_seconds: int
    left: int
    seconds: int | None = None


class Outcome(Enum):
    """How a call ended that a limit is counted by."""

    ACCEPTED = "the service did what was asked"
    MALFORMED = "a form that nobody can accept"
    REFUSED = "the service refused it in the present state"
    WRONG = "what should have proved the caller did not"


# How many, and in how many minutes.
NUMBERS: Mapping[str, tuple[int, int]] = {
    GENERAL: (600, 1),
    Limit.LOGIN: (200, 5),
    Limit.REGISTRATION: (30, 60),
    REFUSED_REGISTRATION: (120, 60),
    Limit.CODE_MAIL: (60, 60),
    Limit.CODE_GUESS: (200, 5),
    Limit.MESSAGE: (30, 1),
    Limit.PICTURE: (10, 1),
    Limit.CARD: (5, 60),
    Limit.COSTLY_READ: (30, 1),
}
AT_ONCE: Mapping[str, int] = {
    Limit.LOGIN: 4,
    Limit.REGISTRATION: 4,
    Limit.CODE_MAIL: 4,
    Limit.CODE_GUESS: 4,
    Limit.COSTLY_READ: 4,
}
"""How many of one caller may be under way. What hashes or waits for a mail's place is slow under
load: more of one network would keep the service from everybody else.
"""

COUNTED_BY_OUTCOME: Mapping[str, Mapping[str, frozenset[Outcome]]] = {
    Limit.LOGIN: {Limit.LOGIN: frozenset({Outcome.WRONG})},
    Limit.REGISTRATION: {
        Limit.REGISTRATION: frozenset({Outcome.ACCEPTED}),
        REFUSED_REGISTRATION: frozenset({Outcome.MALFORMED, Outcome.REFUSED, Outcome.WRONG}),
    },
    Limit.CODE_MAIL: {Limit.CODE_MAIL: frozenset({Outcome.ACCEPTED})},
    Limit.CODE_GUESS: {Limit.CODE_GUESS: frozenset({Outcome.REFUSED, Outcome.WRONG})},
}
"""Which numbers a limit is counted against, each by the outcomes that count."""

CEILINGS: Mapping[str, tuple[int, int]] = {
    Limit.LOGIN: (2_000, 5),
    Limit.CODE_GUESS: (2_000, 5),
    Limit.CODE_MAIL: (1_000, 60),
    Limit.REGISTRATION: (1_000, 60),
}
"""Of all callers together; beyond it nobody is refused, and operators are told."""

_EVERYBODY = "everybody"


def _item(name: str, numbers: tuple[int, int], scale: float) -> RateLimitItem:
    count, minutes = numbers
    scaled = max(1, math.floor(count * scale))
    if minutes % 60 == 0:
        return RateLimitItemPerHour(scaled, minutes // 60, namespace=name)
    return RateLimitItemPerMinute(scaled, minutes, namespace=name)


class Limits:
    """Counts calls against the limits. Thread-safe; never raises anything but a refusal.

    `tell` is called with a limit's name whenever something is counted beyond its ceiling.
    """

    def __init__(
        self,
        scale: float,
        redis_url: str | None = None,
        tell: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._items = {name: _item(name, NUMBERS[name], scale) for name in NUMBERS}
        self._ceilings = {name: _item(f"{name}_of_all", CEILINGS[name], scale) for name in CEILINGS}
        self._at_once = {name: max(1, math.floor(AT_ONCE[name] * scale)) for name in AT_ONCE}
        self._memory = _Counters(SteadyMemory())
        self._redis = _redis_counters(redis_url) if redis_url else None
        self._redis_pause_until = 0.0
        self._lock = threading.Lock()
        self._under_way: Counter[tuple[str, str]] = Counter()
        self._tell = tell
        self._alerted_at: dict[str, float] = {}

    @property
    def may_wait(self) -> bool:
        """Tell whether counting asks another host: then it has no place on the event loop."""
        return self._redis is not None

    def count(self, name: str, key: str) -> Room:
        """Count one call of `key` (a login session, an account or a network) against the named
        limit; give what is left, `seconds` where there is none: the call is to be refused then.
        """
        item = self._items[name]
        return self._ask(lambda counters: counters.counted(item, key))

    def give_back(self, key: str) -> None:
        """Take back one call counted against the general limit: it turned out to be another's."""
        item = self._items[GENERAL]
        self._ask(lambda counters: counters.give_back(item, key))

    def enter(self, limit: Limit, key: str) -> Room | None:
        """Let a call of `key` begin; `leave` has to follow when it has ended, unless there was no
        room. What is left of a limit that is counted by how calls end nobody is told.

        Raises:
            Refused: `TOO_MANY_REQUESTS`; then nothing was begun.
        """
        before = self._begin(limit, key)
        try:
            if before >= self._at_once.get(limit, before + 1):
                refuse_until(1)
            return self._room_for(limit, key, before)
        except Refused:
            self._end(limit, key)
            raise

    def leave(self, limit: Limit, key: str, outcome: Outcome | None) -> None:
        """Note how a call ended that was let in; None says nothing about the caller."""
        try:
            for name, counted in COUNTED_BY_OUTCOME.get(limit, {}).items():
                if outcome in counted:
                    self._note(name, key)
        finally:
            self._end(limit, key)

    def close(self) -> None:
        """Let go of Redis."""
        if self._redis is not None:
            self._redis.close()

    def _begin(self, limit: Limit, key: str) -> int:
        with self._lock:
            before = self._under_way[limit, key]
            self._under_way[limit, key] = before + 1
        return before

    def _end(self, limit: Limit, key: str) -> None:
        with self._lock:
            self._under_way[limit, key] -= 1
            if not self._under_way[limit, key]:
                del self._under_way[limit, key]

    def _room_for(self, limit: Limit, key: str, under_way: int) -> Room | None:
        if limit in COUNTED_BY_OUTCOME:
            self._refuse_when_full(limit, key, under_way)
            return None
        room = self.count(limit, key)
        if room.seconds is not None:
            self._end(limit, key)
        return room

    def _refuse_when_full(self, limit: Limit, key: str, under_way: int) -> None:
        """Refuse when what was counted, and what may still be, leaves no room."""
        for name in COUNTED_BY_OUTCOME[limit]:
            room, seconds = self._ask(partial(_Counters.room, item=self._items[name], key=key))
            if room <= 0:
                refuse_until(seconds)
            if room <= under_way:
                refuse_until(1)

    def _note(self, name: str, key: str) -> None:
        item, ceiling = self._items[name], self._ceilings.get(name)
        self._ask(lambda counters: counters.seconds_to_wait(item, key))
        if ceiling and self._ask(lambda counters: counters.seconds_to_wait(ceiling, _EVERYBODY)):
            self._alert(name)

    def _alert(self, name: str) -> None:
        self._tell(name)
        now = time.monotonic()
        with self._lock:
            if now - self._alerted_at.get(name, -ALERT_SECONDS) < ALERT_SECONDS:
                return
            self._alerted_at[name] = now
        structlog.get_logger().error("ceiling_exceeded", reason=name)

    def _ask(self, question: Callable[["_Counters"], T]) -> T:
        counters = self._counters()
        try:
            return question(counters)
        except Exception as error:
            if counters is self._memory:
                raise
            self._pause_redis(error)
            return question(self._memory)

    def _counters(self) -> "_Counters":
        if self._redis is None or time.monotonic() < self._redis_pause_until:
            return self._memory
        return self._redis

    def _pause_redis(self, error: Exception) -> None:
        with self._lock:
            self._redis_pause_until = time.monotonic() + REDIS_PAUSE_SECONDS
        structlog.get_logger().warning("limits_counted_in_memory", **described_error(error))


def refuse_until(seconds: int) -> NoReturn:
    """Refuse a call that may succeed in so many seconds.

    Raises:
        Refused: `TOO_MANY_REQUESTS`.
    """
    raise Refused(Fault.TOO_MANY_REQUESTS, Circumstances(retry_after_seconds=seconds))


class _Counters:
    """One storage: general traffic in cheap fixed windows, the narrow limits in moving ones, so
    that no edge doubles them.
    """

    def __init__(self, storage: SteadyMemory | RedisStorage) -> None:
        self._storage = storage
        self._fixed: RateLimiter = FixedWindowRateLimiter(storage)
        self._moving: RateLimiter = MovingWindowRateLimiter(storage)

    def counted(self, item: RateLimitItem, key: str) -> Room:
        """Count a call; `seconds` tells when there is no room for it. A fixed window is asked once:
        what is left of it is what counting answers.
        """
        if self._limiter(item) is self._fixed:
            count = self._storage.incr(item.key_for(key), item.get_expiry())
            left, is_over = max(0, item.amount - count), count > item.amount
        else:
            is_over = not self._moving.hit(item, key)
            left = 0 if is_over else self._moving.get_window_stats(item, key).remaining
        seconds = self.room(item, key)[1] if is_over else None
        return Room(quota=item.amount, window_seconds=item.get_expiry(), left=left, seconds=seconds)

    def seconds_to_wait(self, item: RateLimitItem, key: str) -> int:
        """Count a call; 0 when it may go on."""
        return self.counted(item, key).seconds or 0

    def room(self, item: RateLimitItem, key: str) -> tuple[int, int]:
        """Give how many more may be counted, and the seconds until there is room for one."""
        stats = self._limiter(item).get_window_stats(item, key)
        return stats.remaining, _seconds_until(stats.reset_time)

    def give_back(self, item: RateLimitItem, key: str) -> None:
        """Take one call back that was counted in a fixed window."""
        self._storage.incr(item.key_for(key), item.get_expiry(), amount=-1)

    def close(self) -> None:
        """Close the storage's connections, where it has some."""
        if isinstance(self._storage, RedisStorage):
            self._storage.storage.close()

    def _limiter(self, item: RateLimitItem) -> RateLimiter:
        is_cheap = item.namespace == GENERAL or item.namespace.endswith("_of_all")
        return self._fixed if is_cheap else self._moving


def _seconds_until(moment: float) -> int:
    return max(1, math.ceil(moment - time.time()))


def _redis_counters(url: str) -> _Counters:
    storage = RedisStorage(
        url,
        wrap_exceptions=False,
        key_prefix=REDIS_PREFIX,
        socket_timeout=0.5,
        socket_connect_timeout=0.25,
    )
    return _Counters(storage)
