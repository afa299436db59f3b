"""Transactions: all or nothing, waiting instead of failing, re-run on a deadlock, instants that
keep their zone.
"""

import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.orm import Session

from shared.database import (
    Database,
    UtcDateTime,
    answering_within,
    insert_or_change,
    insert_unless_there,
)
from shared.errors import Conflict, Unavailable
from shared.testing.waiting import at_the_same_time

METADATA = MetaData()
COUNTERS = Table(
    "counters", METADATA, Column("name", String(20), primary_key=True), Column("value", Integer)
)
MOMENTS = Table(
    "moments", METADATA, Column("id", Integer, primary_key=True), Column("at", UtcDateTime)
)


@pytest.fixture
def database(bare_database: Database) -> Database:
    METADATA.create_all(bare_database.engine)
    bare_database.writing(
        lambda session: session.execute(
            insert(COUNTERS), [{"name": "a", "value": 0}, {"name": "b", "value": 0}]
        )
    )
    return bare_database


def _value(database: Database, name: str) -> int:
    return database.reading(
        lambda session: session.execute(
            select(COUNTERS.c.value).where(COUNTERS.c.name == name)
        ).scalar_one()
    )


def _add(session: Session, name: str) -> None:
    row = select(COUNTERS.c.value).where(COUNTERS.c.name == name).with_for_update()
    value = session.execute(row).scalar_one()
    session.execute(update(COUNTERS).where(COUNTERS.c.name == name).values(value=value + 1))


def test_a_refusal_leaves_nothing_behind(database: Database) -> None:
    def work(session: Session) -> None:
        _add(session, "a")
        raise Conflict

    with pytest.raises(Conflict):
        database.writing(work)
    assert _value(database, "a") == 0


def test_reading_keeps_nothing(database: Database) -> None:
    with nullcontext() if database.is_sqlite else pytest.raises(InternalError, match="read-only"):
        database.reading(lambda session: _add(session, "a"))
    assert _value(database, "a") == 0


@pytest.mark.parametrize("bare_database", ["postgresql"], indirect=True)
def test_what_is_read_often_is_prepared(database: Database) -> None:
    prepared = text("SELECT statement FROM pg_prepared_statements")
    for _ in range(10):
        _value(database, "a")
    found = database.reading(lambda session: session.execute(prepared).scalars().all())
    assert any(statement.startswith("SELECT counters.value") for statement in found)


def test_four_hundred_writers_at_once_all_get_their_turn(database: Database) -> None:
    def work() -> None:
        for _ in range(20):
            database.writing(lambda session: _add(session, "a"))

    at_the_same_time([work] * 20)
    assert _value(database, "a") == 400


def test_writers_that_lock_in_opposite_order_are_run_again(database: Database) -> None:
    met = threading.Barrier(2, timeout=2)

    def work(first: str, second: str) -> None:
        tries: list[int] = []

        def both(session: Session) -> None:
            tries.append(1)
            _add(session, first)
            if len(tries) == 1 and not database.is_sqlite:
                met.wait()  # both hold one lock now and want the other's: a certain deadlock
            _add(session, second)

        database.writing(both)

    at_the_same_time([lambda: work("a", "b"), lambda: work("b", "a")])
    assert (_value(database, "a"), _value(database, "b")) == (2, 2)


def test_a_broken_constraint_is_not_run_again(database: Database) -> None:
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        session.execute(insert(COUNTERS).values(name="a", value=1))

    with pytest.raises(IntegrityError):
        database.writing(work)
    assert len(runs) == 1


def test_hooks_hear_of_commits_only(database: Database) -> None:
    heard: list[object] = []
    database.after_commit(lambda info: heard.append(info.get("mark")))

    def marked(session: Session) -> None:
        session.info["mark"] = "yes"

    def refused(session: Session) -> None:
        session.info["mark"] = "no"
        raise Conflict

    database.writing(marked)
    with pytest.raises(Conflict):
        database.writing(refused)
    assert heard == ["yes"]


def test_an_instant_comes_back_aware_and_in_utc(database: Database) -> None:
    moment = datetime(2026, 7, 6, 10, 30, tzinfo=timezone(timedelta(hours=5)))
    database.writing(lambda session: session.execute(insert(MOMENTS).values(id=1, at=moment)))
    found = database.reading(lambda session: session.execute(select(MOMENTS.c.at)).scalar_one())
    assert found == moment
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


def test_a_naive_instant_cannot_be_stored(database: Database) -> None:
    naive = datetime(2026, 7, 6, 10, 30)  # noqa: DTZ001 - the point of the test
    with pytest.raises(Exception, match="naive"):
        database.writing(lambda session: session.execute(insert(MOMENTS).values(id=1, at=naive)))


def test_a_database_that_is_away_is_unavailable_and_says_nothing_else() -> None:
    away = Database("postgresql://nobody:secret@127.0.0.1:9/nothing")
    with pytest.raises(Unavailable) as refused:
        away.writing(lambda session: session.execute(select(1)))
    assert "secret" not in str(refused.value)
    assert away.answers() is False
    away.dispose()


def test_a_writer_that_waits_too_long_is_unavailable(database: Database) -> None:
    holding, done = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        _add(session, "a")
        holding.set()
        done.wait(60)

    holder = threading.Thread(target=lambda: database.writing(hold))
    holder.start()
    holding.wait(5)
    impatient = Database(database.url, wait_seconds=0.2)
    try:
        with pytest.raises(Unavailable):
            impatient.writing(lambda session: _add(session, "a"))
    finally:
        done.set()
        holder.join()
        impatient.dispose()
    assert _value(database, "a") == 1


def test_sixteen_who_wait_for_one_row_are_all_told_that_it_is_not_available(
    database: Database,
) -> None:
    """More than the pool has connections."""
    holding, done = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        _add(session, "a")
        holding.set()
        done.wait(60)

    holder = threading.Thread(target=lambda: database.writing(hold))
    holder.start()
    holding.wait(5)
    impatient = Database(database.url, wait_seconds=0.3)

    def refused() -> bool:
        with pytest.raises(Unavailable):
            impatient.writing(lambda session: _add(session, "a"))
        return True

    try:
        assert at_the_same_time([refused] * 16) == [True] * 16
    finally:
        done.set()
        holder.join()
        impatient.dispose()
    assert _value(database, "a") == 1


def test_nothing_is_committed_when_the_time_to_answer_is_over(database: Database) -> None:
    def slow(session: Session) -> None:
        _add(session, "a")
        threading.Event().wait(0.1)

    with answering_within(0.05), pytest.raises(Unavailable):
        database.writing(slow)
    assert _value(database, "a") == 0


def test_one_answer_has_one_time_for_all_its_transactions(database: Database) -> None:
    runs: list[str] = []
    with answering_within(0.05):
        threading.Event().wait(0.1)
        with pytest.raises(Unavailable):
            database.writing(lambda session: runs.append("written"))
        with pytest.raises(Unavailable):
            database.reading(lambda session: runs.append("read"))
    assert runs == []
    database.writing(lambda session: _add(session, "a"))


@pytest.mark.parametrize("bare_database", ["postgresql"], indirect=True)
def test_a_statement_that_takes_too_long_is_unavailable(database: Database) -> None:
    with answering_within(0.2), pytest.raises(Unavailable):
        database.reading(lambda session: session.execute(text("SELECT pg_sleep(20)")))


@pytest.mark.parametrize("bare_database", ["postgresql"], indirect=True)
def test_a_connection_that_dies_before_the_commit_is_replaced_and_the_work_run_again(
    database: Database,
) -> None:
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        if len(runs) == 1:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        _add(session, "a")

    database.writing(work)
    assert (len(runs), _value(database, "a")) == (2, 1)


@pytest.mark.parametrize("bare_database", ["postgresql"], indirect=True)
def test_a_connection_that_dies_during_the_commit_leaves_the_outcome_open_and_runs_nothing_again(
    database: Database,
) -> None:
    """A deferred trigger runs inside COMMIT and ends the connection there."""
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER dying AFTER UPDATE ON counters DEFERRABLE "
                "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()"
            )
        )
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        _add(session, "a")

    with pytest.raises(Unavailable):
        database.writing(work)
    assert len(runs) == 1
    database.writing(lambda session: session.execute(text("SELECT 1")))


def test_rows_that_are_there_stay_as_they_are(database: Database) -> None:
    rows = [{"name": "a", "value": 9}, {"name": "c", "value": 9}]
    inserted = database.writing(lambda session: insert_unless_there(session, COUNTERS, *rows))
    assert inserted == 1
    assert (_value(database, "a"), _value(database, "c")) == (0, 9)


def test_no_rows_are_inserted_as_none(database: Database) -> None:
    assert database.writing(lambda session: insert_unless_there(session, COUNTERS)) == 0


def test_one_of_two_at_the_same_time_inserts(database: Database) -> None:
    row = {"name": "c", "value": 1}

    def insert_one() -> int:
        return database.writing(lambda session: insert_unless_there(session, COUNTERS, row))

    assert sorted(at_the_same_time([insert_one] * 2)) == [0, 1]


def test_a_row_that_is_there_is_changed(database: Database) -> None:
    row = {"name": "a", "value": 9}
    assert database.writing(lambda session: insert_or_change(session, COUNTERS, row)) is True
    assert _value(database, "a") == 9


def test_a_row_that_is_not_there_is_inserted_as_given(database: Database) -> None:
    row = {"name": "c", "value": 9}
    database.writing(
        lambda session: insert_or_change(session, COUNTERS, row, changes={"value": 10})
    )
    assert _value(database, "c") == 9
    database.writing(
        lambda session: insert_or_change(session, COUNTERS, row, changes={"value": 10})
    )
    assert _value(database, "c") == 10


def test_a_row_is_changed_only_if_the_condition_holds(database: Database) -> None:
    def change(value: int) -> bool:
        row = {"name": "a", "value": value}
        is_higher = COUNTERS.c.value < value
        return database.writing(
            lambda session: insert_or_change(session, COUNTERS, row, only_if=is_higher)
        )

    assert change(5) is True
    assert change(3) is False
    assert _value(database, "a") == 5
