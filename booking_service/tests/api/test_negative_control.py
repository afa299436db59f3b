"""The proof of the proof: without the unique constraint the same hour is sold many times, so the
tests that find one winner do look at the constraint. The looks at the hour around the lock only
spare work: they are taken away in both, with the constraint and without.
"""

from functools import partial

import pytest
from sqlalchemy import text

from booking_service.domain import calendars
from booking_service.tests.factories import Door, hour
from shared.database import Database
from shared.testing.waiting import at_the_same_time


@pytest.fixture
def without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendars, "is_had_by_another", lambda *_: False)


@pytest.mark.usefixtures("without_a_look")
def test_the_constraint_alone_leaves_one_winner(door: Door, therapist: int):
    answers = at_the_same_time(
        [partial(door.book, who, therapist, hour()) for who in range(2000, 2010)]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert {answer.json.get("code") for answer in answers} == {None, "slot_taken"}


@pytest.mark.usefixtures("without_a_look")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_the_constraint_every_client_gets_the_same_hour(
    door: Door, therapist: int, database: Database
):
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE claims"))
        connection.execute(
            text(
                "CREATE TABLE claims (practitioner_id INTEGER, cell BIGINT, client_id INTEGER,"
                " appointment_id INTEGER, hold_id INTEGER, blocks_client BOOLEAN)"
            )
        )

    answers = at_the_same_time(
        [partial(door.book, who, therapist, hour()) for who in range(2000, 2010)]
    )

    assert [answer.status_code for answer in answers] == [201] * 10
