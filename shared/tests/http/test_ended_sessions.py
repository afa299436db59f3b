"""The store of ended login sessions, as a file and in Redis: one contract."""

import threading
import uuid

import pytest

from shared.clock import SystemClock
from shared.http.ended_sessions import (
    EndedSessions,
    EndedSessionsUnreadable,
    RedisEndedSessions,
    SqliteEndedSessions,
    ended_sessions_at,
)
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time, eventually


@pytest.fixture
def clock():
    return StandingClock(SystemClock().now())


@pytest.fixture
def soon(clock):
    return int(clock.now().timestamp()) + 900


@pytest.fixture(params=["file", "redis"])
def make_store(request, tmp_path, clock):
    """Give a maker of stores that all look at the same place, as processes of one host do."""
    if request.param == "file":
        yield lambda: SqliteEndedSessions(tmp_path / "data" / "ended.sqlite3", clock)
        return
    import redis

    url = request.getfixturevalue("redis_server")
    prefix = f"test:{uuid.uuid4().hex}"
    made: list[RedisEndedSessions] = []

    def make():
        made.append(RedisEndedSessions(url, clock, prefix=prefix))
        return made[-1]

    yield make
    with redis.Redis.from_url(url) as connection:
        for key in connection.scan_iter(f"{prefix}:*"):
            connection.delete(key)
    for store in made:
        store._redis.close()


@pytest.fixture
def store(make_store) -> EndedSessions:
    return make_store()


def test_an_empty_store_never_opens_a_door(store):
    assert not store.is_loaded()
    with pytest.raises(EndedSessionsUnreadable):
        store.has_ended("a")


def test_what_auth_writes_before_the_first_load_is_kept_but_opens_nothing(store, soon):
    store.end("a", soon)
    with pytest.raises(EndedSessionsUnreadable):
        store.has_ended("b")
    store.load([])
    assert store.has_ended("a")
    assert not store.has_ended("b")


def test_parts_of_a_list_open_nothing_until_the_last_one(store, soon):
    store.add([("a", soon)])
    assert not store.is_loaded()
    store.add([("b", soon)])
    store.load([("c", soon)])
    assert [store.has_ended(each) for each in "abcd"] == [True, True, True, False]
    store.add([("d", soon)])
    assert store.has_ended("d")


def test_an_end_is_seen_at_once_by_every_other_process(make_store, soon):
    writer, reader = make_store(), make_store()
    reader.load([("old", soon)])
    assert not reader.has_ended("a")
    writer.end("a", soon)
    assert reader.has_ended("a")
    assert writer.has_ended("old")


def test_many_are_asked_for_at_once(store, soon):
    with pytest.raises(EndedSessionsUnreadable):
        store.ended_among(["a"])
    store.load([(f"s{number}", soon) for number in range(0, 2_000, 2)])
    asked = [f"s{number}" for number in range(1_500)]
    assert store.ended_among(asked) == {f"s{number}" for number in range(0, 1_500, 2)}
    assert store.ended_among([]) == frozenset()


def test_ending_twice_keeps_the_later_expiry(store, soon):
    store.load([])
    store.end("a", soon)
    store.end("a", soon)
    assert store.has_ended("a")


def test_loading_again_forgets_nothing(store, soon):
    store.load([("a", soon)])
    store.load([("b", soon)])
    assert store.has_ended("a")
    assert store.has_ended("b")
    assert store.is_loaded()


def test_many_ends_at_the_same_time_are_all_kept(make_store, soon):
    make_store().load([])
    works = [lambda number=number: make_store().end(f"s{number}", soon) for number in range(16)]
    at_the_same_time(works)
    reader = make_store()
    assert all(reader.has_ended(f"s{number}") for number in range(16))


def test_a_store_used_by_many_threads_answers_each(store, soon):
    store.load([("a", soon)])
    answers = at_the_same_time([lambda: store.has_ended("a") for _ in range(12)])
    assert answers == [True] * 12


def test_the_file_forgets_what_has_expired(tmp_path, clock, soon):
    store = SqliteEndedSessions(tmp_path / "ended.sqlite3", clock)
    store.load([("a", soon)])
    clock.advance(seconds=901)
    assert store.has_ended("a")
    store.end("b", soon + 2000)
    assert not store.has_ended("a")


def test_redis_forgets_what_has_expired(redis_server, soon):
    """Redis goes by its own time: a token that died a moment ago is gone a second later."""
    prefix = f"test:{uuid.uuid4().hex}"
    store = RedisEndedSessions(redis_server, SystemClock(), prefix=prefix)
    store.load([("a", int(SystemClock().now().timestamp()) - 10)])
    eventually(lambda: not store.has_ended("a"), within_seconds=5, every=0.05)
    store._redis.delete(f"{prefix}:marker")
    store._redis.close()


def test_a_removed_file_is_unreadable_until_it_is_filled_again(tmp_path, clock, soon):
    path = tmp_path / "ended.sqlite3"
    store = SqliteEndedSessions(path, clock)
    store.load([("a", soon)])
    for each in tmp_path.iterdir():
        each.unlink()
    assert not store.is_loaded()
    store.load([("a", soon)])
    assert store.has_ended("a")


def test_an_emptied_redis_is_unreadable_until_it_is_filled_again(redis_server, clock, soon):
    prefix = f"test:{uuid.uuid4().hex}"
    store = RedisEndedSessions(redis_server, clock, prefix=prefix)
    store.load([("a", soon)])
    store._redis.delete(f"{prefix}:marker", f"{prefix}:a")
    assert not store.is_loaded()
    store._redis.close()


def test_a_file_that_is_no_database_is_unreadable(tmp_path, clock, soon):
    path = tmp_path / "ended.sqlite3"
    path.write_bytes(b"this is no database at all, not even nearly " * 50)
    store = SqliteEndedSessions(path, clock)
    assert not store.is_loaded()
    with pytest.raises(EndedSessionsUnreadable):
        store.end("a", soon)


def test_a_folder_that_cannot_be_made_is_unreadable(tmp_path, clock, soon):
    (tmp_path / "file").write_text("no folder")
    store = SqliteEndedSessions(tmp_path / "file" / "ended.sqlite3", clock)
    assert not store.is_loaded()
    with pytest.raises(EndedSessionsUnreadable):
        store.load([("a", soon)])


def test_a_redis_that_is_down_is_unreadable(clock, soon):
    store = RedisEndedSessions("redis://127.0.0.1:9/0", clock)
    assert not store.is_loaded()
    with pytest.raises(EndedSessionsUnreadable):
        store.end("a", soon)
    with pytest.raises(EndedSessionsUnreadable):
        store.load([])
    store._redis.close()


def test_threads_that_end_leave_a_store_that_works(tmp_path, clock, soon):
    store = SqliteEndedSessions(tmp_path / "ended.sqlite3", clock)
    thread = threading.Thread(target=store.load, args=([("a", soon)],))
    thread.start()
    thread.join()
    assert store.has_ended("a")


def test_the_settings_choose_the_store(tmp_path, clock, redis_server):
    assert isinstance(ended_sessions_at(None, tmp_path, clock), SqliteEndedSessions)
    chosen = ended_sessions_at(redis_server, tmp_path, clock)
    assert isinstance(chosen, RedisEndedSessions)
    chosen._redis.close()
