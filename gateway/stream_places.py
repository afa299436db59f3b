"""How many streams one account has open at all processes of the gateway together. A place is held
as long as it is kept every now and then, so that those of a process that died become free.
"""

import secrets
from collections.abc import Collection
from typing import Final, Protocol

import structlog

from gateway.errors import Circumstances, Fault, Refused
from shared.logs import described_error

STREAMS_OF_ONE_ACCOUNT: Final = 5
RETRY_SECONDS: Final = 60
HELD_SECONDS: Final = 60
KEEP_EVERY_SECONDS: Final = 20.0
REDIS_PREFIX: Final = "hearth:stream-places"
# by Redis's own clock: those of several hosts may differ
_TAKE: Final = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""
_KEEP: Final = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""

Place = tuple[int, str]
"""An account, and which of its streams."""


def too_many() -> Refused:
    """Give the refusal of one stream more."""
    return Refused(Fault.TOO_MANY_REQUESTS, Circumstances(retry_after_seconds=RETRY_SECONDS))


class StreamPlaces(Protocol):
    """What both stores promise."""

    may_wait: bool
    """Whether asking asks another host: then it has no place on the event loop."""

    def take(self, account_id: int) -> Place:
        """Take a place.

        Raises:
            Refused: `TOO_MANY_REQUESTS`, the account has as many as it may.
        """
        ...

    def keep(self, places: Collection[Place]) -> None:
        """Go on holding places."""
        ...

    def give_back(self, places: Collection[Place]) -> None:
        """Free places."""
        ...


class OwnPlaces:
    """The places of the only process there is: its streams are counted where they are."""

    may_wait = False

    def take(self, account_id: int) -> Place:
        """See StreamPlaces."""
        return account_id, ""

    def keep(self, places: Collection[Place]) -> None:
        """See StreamPlaces."""

    def give_back(self, places: Collection[Place]) -> None:
        """See StreamPlaces."""


class RedisPlaces:
    """The places of several processes: a sorted set `<prefix>:<account>` of streams by the second
    they are held until. While Redis is away nobody is turned away for it: each process goes on
    counting its own.
    """

    may_wait = True

    def __init__(self, url: str, *, prefix: str = REDIS_PREFIX) -> None:
        import redis

        self._errors = (redis.RedisError, OSError)
        self._prefix = prefix
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=0.5)

    def take(self, account_id: int) -> Place:
        """See StreamPlaces."""
        place = (account_id, secrets.token_hex(8))
        try:
            is_taken = self._redis.eval(
                _TAKE, 1, self._key(place), STREAMS_OF_ONE_ACCOUNT, HELD_SECONDS, place[1]
            )
        except self._errors as error:
            self._complain(error)
            return place
        if not is_taken:
            raise too_many()
        return place

    def keep(self, places: Collection[Place]) -> None:
        """See StreamPlaces."""
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for place in places:
                    pipeline.eval(_KEEP, 1, self._key(place), HELD_SECONDS, place[1])
                pipeline.execute()
        except self._errors as error:
            self._complain(error)

    def give_back(self, places: Collection[Place]) -> None:
        """See StreamPlaces."""
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for place in places:
                    pipeline.zrem(self._key(place), place[1])
                pipeline.execute()
        except self._errors as error:
            self._complain(error)

    def _key(self, place: Place) -> str:
        return f"{self._prefix}:{place[0]}"

    def _complain(self, error: Exception) -> None:
        structlog.get_logger().warning("stream_places_unavailable", **described_error(error))


def stream_places_at(redis_url: str | None) -> StreamPlaces:
    """Give the store the settings name: Redis when there is a URL, else this process."""
    return RedisPlaces(redis_url) if redis_url else OwnPlaces()
