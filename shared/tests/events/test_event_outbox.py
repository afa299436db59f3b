"""The outbox and its tables: nothing bad gets in, order in a subject, migrations as the tables."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import func, inspect, select

from shared.database import Database
from shared.events.catalogue import InvalidEventData, UnknownEventType
from shared.events.envelope import Envelope, Event
from shared.events.migrations import (
    create_messaging_tables,
    create_worker_signs_table,
    drop_messaging_tables,
    drop_worker_signs_table,
)
from shared.events.outbox import (
    LONGEST_PAUSE_SECONDS,
    add_to_outbox,
    mark_published,
    mark_returned,
    next_batch,
)
from shared.events.tables import messaging_metadata, outbox
from shared.testing.clocks import StandingClock
from shared.tests.events.parts import HAPPENED, write_catalogue

CLOCK = StandingClock()


@pytest.fixture
def database(database_url: str):
    made = Database(database_url)
    messaging_metadata.create_all(made.engine)
    yield made
    made.dispose()


@pytest.fixture
def catalogue(tmp_path):
    return write_catalogue(tmp_path / "contracts", {HAPPENED: ["booking_service"]})


def say(database: Database, catalogue, subject: str, number: object, **changes: str) -> str:
    event = Event(
        type=changes.get("type", HAPPENED), subject=f"thing/{subject}", data={"number": number}
    )
    database.clock = CLOCK
    return database.writing(lambda session: add_to_outbox(session, event, catalogue=catalogue))


def waiting(database: Database, **later: float) -> list[int]:
    clock = StandingClock(CLOCK.now())
    clock.advance(**later)
    batch = database.reading(lambda session: next_batch(session, now=clock.now(), limit=100))
    return [Envelope.from_json(event.body).data["number"] for event in batch]


def sequence_of(database: Database, event_id: str) -> int:
    wanted = select(outbox.c.sequence).where(outbox.c.event_id == event_id)
    return database.reading(lambda session: session.scalar(wanted)) or 0


@pytest.mark.parametrize("number", ["five", None, 1.5, 2**60])
def test_data_that_no_consumer_could_use_is_never_written(database, catalogue, number):
    with pytest.raises(InvalidEventData):
        say(database, catalogue, "a", number)
    assert row_count(database) == 0


def test_a_type_without_a_contract_is_never_written(database, catalogue):
    with pytest.raises(UnknownEventType):
        say(database, catalogue, "a", 1, type="auth.thing.imagined.v1")
    assert row_count(database) == 0


def row_count(database: Database) -> int:
    counting = select(func.count()).select_from(outbox)
    return database.reading(lambda session: session.scalar(counting)) or 0


def test_open_rows_leave_in_sequence_and_published_ones_never_again(database, catalogue):
    first = sequence_of(database, say(database, catalogue, "a", 1))
    say(database, catalogue, "b", 2)
    assert waiting(database) == [1, 2]
    database.writing(lambda session: mark_published(session, [first], now=CLOCK.now()))
    assert waiting(database) == [2]


def test_a_row_below_an_already_published_one_still_leaves(database, catalogue):
    say(database, catalogue, "a", 1)
    later = sequence_of(database, say(database, catalogue, "b", 2))
    database.writing(lambda session: mark_published(session, [later], now=CLOCK.now()))
    assert waiting(database) == [1]


def test_a_returned_row_holds_back_its_subject_until_its_growing_pause_is_over(database, catalogue):
    returned = sequence_of(database, say(database, catalogue, "a", 1))
    say(database, catalogue, "a", 2)
    say(database, catalogue, "b", 3)

    def give_back(attempts: int) -> None:
        database.writing(
            lambda session: mark_returned(
                session, {returned: "NO_ROUTE"}, {returned: attempts}, now=CLOCK.now()
            )
        )

    give_back(attempts=0)
    assert waiting(database) == [3]
    assert waiting(database, seconds=2) == [1, 2, 3]
    give_back(attempts=1)
    assert waiting(database, seconds=2) == [3]
    give_back(attempts=100)
    assert waiting(database, seconds=LONGEST_PAUSE_SECONDS - 1) == [3]
    assert waiting(database, seconds=LONGEST_PAUSE_SECONDS) == [1, 2, 3]


def test_sequences_of_one_subject_follow_the_order_of_commits(database, catalogue):
    """On PostgreSQL a transaction that announced first and commits last would break the order."""
    has_first_written = threading.Event()
    may_first_commit = threading.Event()
    committed: dict[int, str] = {}

    def first() -> None:
        def work(session) -> str:
            event = Event(type=HAPPENED, subject="thing/a", data={"number": 1})
            event_id = add_to_outbox(session, event, catalogue=catalogue)
            has_first_written.set()
            assert may_first_commit.wait(20)
            return event_id

        committed[1] = database.writing(work)

    def second() -> None:
        committed[2] = say(database, catalogue, "a", 2)

    thread, other = threading.Thread(target=first), threading.Thread(target=second)
    thread.start()
    assert has_first_written.wait(20)
    other.start()
    other.join(0.3)
    assert committed == {}  # the second announcement waits for the first one's commit
    may_first_commit.set()
    thread.join()
    other.join()

    assert waiting(database) == [1, 2]
    assert [sequence_of(database, committed[number]) for number in (1, 2)] == [1, 2]


def test_sequences_are_never_used_twice(database, catalogue):
    first = sequence_of(database, say(database, catalogue, "a", 1))
    database.writing(lambda session: session.execute(outbox.delete()))
    assert sequence_of(database, say(database, catalogue, "a", 2)) > first


def test_the_migration_makes_the_tables_and_takes_them_away(database_url: str):
    made = Database(database_url)
    with made.engine.begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        create_messaging_tables(Operations(context))
        create_worker_signs_table(Operations(context))
        assert compare_metadata(context, messaging_metadata) == []
        drop_worker_signs_table(Operations(context))
        drop_messaging_tables(Operations(context))
        assert inspect(connection).get_table_names() == []
    made.dispose()
