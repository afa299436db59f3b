"""The record of staff acts is a chain in which a changed, removed or inserted entry is found."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.orm import Session

from shared.audit_entries import (
    add_audit_entry,
    audit_chain,
    audit_entries,
    coming_from,
    judge_audit_entries,
)
from shared.database import Database
from shared.testing.waiting import at_the_same_time

NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)


class Act(StrEnum):
    """What is done here."""

    DONE = "done"


@pytest.fixture
def service_package() -> str:
    return "profile_service"  # any; the five have the same table


def _act(session: Session, account_id: int) -> None:
    add_audit_entry(session, Act.DONE, account_id=account_id, actor_id=5, now=NOW)


@pytest.fixture
def five(database: Database) -> Database:
    for number in range(1, 6):
        database.writing(lambda session, number=number: _act(session, number))  # type: ignore[misc]
    return database


def _faults(database: Database, known: str | None = None) -> list[str]:
    verdict = database.reading(lambda session: judge_audit_entries(session, known=known))
    return list(verdict.faults)


def _by_hand(database: Database, change: Callable[[Connection], Any]) -> None:
    """Do what only whoever owns the server can: change the table past its triggers."""
    with database.writing_engine(time.monotonic() + 5).begin() as connection:
        if database.is_sqlite:
            for name in ("audit_entries_no_update", "audit_entries_no_delete"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        change(connection)


def test_an_untouched_record_is_whole(five: Database):
    verdict = five.reading(judge_audit_entries)
    assert (verdict.entries, list(verdict.faults)) == (5, [])
    assert _faults(five, known=verdict.last_digest) == []
    assert _faults(five, known="0" * 64) == ["the known digest does not stand in the chain"]


def test_an_empty_record_is_whole(database: Database):
    assert _faults(database) == []


@pytest.mark.parametrize(
    "change",
    [
        {"act": "nothing"},
        {"account_id": 99},
        {"account_id": None},
        {"actor_id": 6},
        {"happened_at": datetime(2026, 7, 6, 8, 0, 1, tzinfo=UTC)},
        {"correlation_id": "another"},
        {"network": "203.0.113.9"},
        {"digest": "0" * 64},
        {"previous": "0" * 64},
        {"digest": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_changed_entry_is_found(five: Database, change: dict[str, Any], number: int):
    changed = update(audit_entries).where(audit_entries.c.id == number).values(**change)
    _by_hand(five, lambda connection: connection.execute(changed))
    assert any(f"entry {number}" in fault for fault in _faults(five))


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_entry_is_found(five: Database, number: int):
    removed = delete(audit_entries).where(audit_entries.c.id == number)
    _by_hand(five, lambda connection: connection.execute(removed))
    assert "5 entries were written, 4 are there" in _faults(five)


def test_removing_all_is_found(five: Database):
    _by_hand(five, lambda connection: connection.execute(delete(audit_entries)))
    assert _faults(five) == ["5 entries were written, 0 are there"]


@pytest.mark.parametrize("number", [0, 77])
def test_an_entry_put_in_by_hand_is_found(five: Database, number: int):
    entry = {"id": number, "happened_at": NOW, "act": "done", "account_id": 1, "actor_id": 5}
    _by_hand(five, lambda connection: connection.execute(insert(audit_entries).values(**entry)))
    five.writing(lambda session: _act(session, 6))
    assert _faults(five)


def test_a_copied_entry_is_found(five: Database):
    def copy(connection: Connection) -> None:
        row = connection.execute(select(audit_entries).where(audit_entries.c.id == 5)).one()
        connection.execute(insert(audit_entries).values({**row._mapping, "id": 6}))

    _by_hand(five, copy)
    assert _faults(five)[0] == "before entry 6 something was removed, put in or changed"


def test_two_entries_that_changed_places_are_found(five: Database):
    def swap(connection: Connection) -> None:
        for one, other in ((2, 100), (3, 2), (100, 3)):
            moved = update(audit_entries).where(audit_entries.c.id == one).values(id=other)
            connection.execute(moved)

    _by_hand(five, swap)
    assert len(_faults(five)) == 3


def test_entries_written_at_the_same_time_make_one_chain(database: Database):
    numbers = itertools.count(1)

    def act_twice() -> None:
        def work(session: Session) -> None:
            _act(session, next(numbers))
            _act(session, next(numbers))

        database.writing(work)

    at_the_same_time([act_twice] * 8)
    assert database.reading(judge_audit_entries).entries == 16
    assert _faults(database) == []


def test_what_is_rolled_back_leaves_no_entry_and_no_gap(five: Database):
    def refused(session: Session) -> None:
        _act(session, 6)
        raise LookupError

    with pytest.raises(LookupError):
        five.writing(refused)
    five.writing(lambda session: _act(session, 7))
    assert five.reading(judge_audit_entries).entries == 6
    assert _faults(five) == []


def test_an_entry_keeps_the_network(database: Database):
    with coming_from("2001:db8::/64"):
        database.writing(lambda session: _act(session, 1))
    row = database.reading(lambda session: session.execute(select(audit_entries)).one())
    assert row.network == "2001:db8::/64"


def test_the_database_refuses_to_empty_the_record(five: Database):
    if five.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(Exception, match="append-only"):
        five.writing(lambda session: session.execute(text("TRUNCATE audit_entries")))


def test_entries_older_than_the_chain_are_bound_by_its_beginning(five: Database):
    older = five.reading(judge_audit_entries)

    def begin_now(connection: Connection) -> None:
        """Make the five look as the release before left them."""
        from shared.audit_entries import _older

        connection.execute(update(audit_entries).values(previous=None, digest=None))
        connection.execute(update(audit_chain).values(**_older(connection)))

    _by_hand(five, begin_now)
    five.writing(lambda session: _act(session, 6))
    assert _faults(five) == []
    assert five.reading(judge_audit_entries).entries == older.entries + 1
    changed = update(audit_entries).where(audit_entries.c.id == 2).values(account_id=99)
    with five.writing_engine(time.monotonic() + 5).begin() as connection:
        if not five.is_sqlite:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(changed)
    assert _faults(five) == ["an entry older than the chain was removed, put in or changed"]
