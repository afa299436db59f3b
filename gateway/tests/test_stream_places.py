"""Places of streams, counted for all processes of the gateway together."""

import secrets

import pytest

from gateway.errors import Fault, Refused
from gateway.stream_places import (
    HELD_SECONDS,
    STREAMS_OF_ONE_ACCOUNT,
    OwnPlaces,
    RedisPlaces,
    StreamPlaces,
)


@pytest.fixture
def prefix() -> str:
    return f"hearth-test:{secrets.token_hex(6)}"


@pytest.fixture
def stores(redis_server: str, prefix: str) -> tuple[StreamPlaces, StreamPlaces]:
    """Give the stores of two processes."""
    return RedisPlaces(redis_server, prefix=prefix), RedisPlaces(redis_server, prefix=prefix)


def test_several_processes_count_together(stores: tuple[StreamPlaces, StreamPlaces]) -> None:
    one, another = stores
    places = [(one, another)[number % 2].take(7) for number in range(STREAMS_OF_ONE_ACCOUNT)]
    for store in stores:
        with pytest.raises(Refused) as caught:
            store.take(7)
        assert caught.value.fault is Fault.TOO_MANY_REQUESTS
        assert store.take(8)
    another.give_back(places[:2])
    one.take(7)
    another.take(7)
    with pytest.raises(Refused):
        one.take(7)


def test_places_nobody_keeps_become_free(
    stores: tuple[StreamPlaces, StreamPlaces], redis_server: str, prefix: str
) -> None:
    import redis

    one, another = stores
    kept, *lost = [one.take(7) for _ in range(STREAMS_OF_ONE_ACCOUNT)]
    with redis.Redis.from_url(redis_server) as server:
        key = f"{prefix}:7"
        assert 0 < server.ttl(key) <= HELD_SECONDS
        for _, name in (kept, *lost):  # as if a minute had passed
            server.zincrby(key, -HELD_SECONDS - 1, name)
        one.keep([kept])
        for _ in lost:
            another.take(7)
        with pytest.raises(Refused):
            another.take(7)


def test_without_redis_nobody_is_turned_away() -> None:
    places = RedisPlaces("redis://127.0.0.1:1")
    taken = [places.take(7) for _ in range(STREAMS_OF_ONE_ACCOUNT + 1)]
    places.keep(taken)
    places.give_back(taken)


def test_the_only_process_counts_its_streams_itself() -> None:
    places: StreamPlaces = OwnPlaces()
    assert not places.may_wait
    assert [places.take(7)[0] for _ in range(10)] == [7] * 10
