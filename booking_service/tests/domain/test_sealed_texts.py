"""What is told of a client is unreadable outside of its reader, old rows are sealed on the way."""

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, text, update

from booking_service.app import create_app
from booking_service.jobs.sealing import seal_all
from booking_service.models.appointments import AppointmentChange
from booking_service.models.care_relations import CareRelation
from booking_service.models.data_keys import carrying, master_keys
from booking_service.models.matching_preferences import MatchingPreferences
from booking_service.settings import Settings
from booking_service.tests.factories import CLIENT, STAFF, Door, StandInAccounts, hour, refused
from shared.database import Database
from shared.master_key_rotation import rewrap_all
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker, service_environment

CANARY = "канарейка-canary-7Kq2"
OLD, NEW = b"t" * 32, b"n" * 32
WISHES_PATH = "/api/v1/matching-preferences/me"
WISHES = {
    "age": 31,
    "has_experience": False,
    "therapy_type": "individual",
    "topics": [3, 5, 20],
    "preferred_gender": "any",
    "time_preference": "any",
    "preferred_hour": None,
    "price_band": 0,
    "language": None,
}


def _tell(door: Door, therapist: int) -> int:
    """Tell wishes, cancel with a reason, leave with reasons; give the appointment."""
    assert door.put(CLIENT, WISHES_PATH, WISHES).status_code == 200
    one: int = door.create_appointment(CLIENT, therapist, hour(8))["id"]
    cancelled = door.post(CLIENT, f"/api/v1/appointments/{one}/cancellation", {"reason": CANARY})
    assert cancelled.status_code == 200
    left = {"reasons": [2, 7], "more_reasons": CANARY, "wants_call": False}
    assert door.post(CLIENT, "/api/v1/care-relations/current/end", left).status_code == 200
    return one


def _told(door: Door, appointment: int) -> tuple[Any, Any, Any]:
    history = door.get(CLIENT, f"/api/v1/appointments/{appointment}/history").json["items"]
    [relation] = door.get(STAFF, "/api/v1/care-relations?state=ended").json["items"]
    return (
        door.get(CLIENT, WISHES_PATH).json["topics"],
        [each["reason"] for each in history],
        (relation["reasons"], relation["more_reasons"]),
    )


TOLD = ([3, 5, 20], [None, CANARY], ([2, 7], CANARY))


def _stored(database: Database) -> str:
    found = []
    with database.engine.connect() as connection:
        for table in inspect(database.engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                found += [str(value) for value in row]
    return "\n".join(found)


def test_what_a_client_tells_is_nowhere_at_rest(door: Door, therapist: int, database: Database):
    assert _told(door, _tell(door, therapist)) == TOLD
    stored = _stored(database)
    assert "individual" in stored, "the search sees what is stored"
    for secret in (CANARY, "canary-7Kq2", ",3,5,20,", ",2,7,"):
        assert secret not in stored
        assert str(secret.encode())[2:-1] not in stored


def _all_in_clear(database: Database, appointment: int) -> None:
    """Leave the rows as the release before wrote them."""
    cancelled = AppointmentChange.action == "cancelled"
    for statement in (
        update(MatchingPreferences).values(topics=(3, 5, 20), sealed_topics=None),
        update(CareRelation).values(reasons=(2, 7), more_reasons=CANARY, sealed_reasons=None),
        update(AppointmentChange).where(cancelled).values(reason=CANARY, sealed_reason=None),
    ):
        database.writing(lambda session, each=statement: session.execute(each))  # type: ignore[misc]


def test_what_the_release_before_wrote_is_read_and_sealed(
    door: Door, therapist: int, database: Database, clock: StandingClock
):
    one = _tell(door, therapist)
    _all_in_clear(database, one)
    assert _told(door, one) == TOLD
    carried = Database(database.url, session_info=carrying(master_keys(OLD)))
    for _twice in range(2):
        assert seal_all(carried, clock, threading.Event()) is False
    carried.dispose()
    assert CANARY not in _stored(database)
    assert ",3,5,20," not in _stored(database)
    assert _told(door, one) == TOLD


def test_topics_that_the_release_before_wrote_meanwhile_count(
    door: Door, therapist: int, database: Database
):
    door.put(CLIENT, WISHES_PATH, WISHES)
    newer = update(MatchingPreferences).values(topics=(1,))
    database.writing(lambda session: session.execute(newer))
    assert door.get(CLIENT, WISHES_PATH).json["topics"] == [1]


@pytest.mark.parametrize(
    ("table", "column", "path"),
    [
        (MatchingPreferences, "sealed_topics", WISHES_PATH),
        (AppointmentChange, "sealed_reason", "/api/v1/appointments/{}/history"),
        (CareRelation, "sealed_reasons", "/api/v1/care-relations?state=ended"),
    ],
)
def test_what_was_changed_is_refused(
    door: Door, therapist: int, database: Database, table: Any, column: str, path: str
):
    one = _tell(door, therapist)
    changed = update(table).values({column: b"\x01" * 40})
    database.writing(lambda session: session.execute(changed))
    refused(door.get(CLIENT, path.format(one)), 503, "text_unreadable")


def test_a_reason_whose_teller_was_changed_is_refused(
    door: Door, therapist: int, database: Database
):
    one = _tell(door, therapist)
    cancelled = AppointmentChange.action == "cancelled"
    changed = update(AppointmentChange).where(cancelled).values(actor_id=therapist)
    database.writing(lambda session: session.execute(changed))
    refused(door.get(CLIENT, f"/api/v1/appointments/{one}/history"), 503, "text_unreadable")


@pytest.fixture
def door_with(
    database: Database, tmp_path: Any, token_maker: TokenMaker, clock: StandingClock,
    accounts: StandInAccounts,
) -> Iterator[Any]:  # fmt: skip
    """Make applications with master keys as told, on the one database."""
    made: list[Flask] = []

    def make(present: bytes, previous: bytes) -> Door:
        keys = {
            "TEXT_MASTER_KEY": base64.b64encode(present).decode(),
            "TEXT_MASTER_KEY_PREVIOUS": base64.b64encode(previous).decode(),
        }
        environment = service_environment("booking", database.url, tmp_path, token_maker)
        settings = Settings.from_env({**environment, **keys})
        app = create_app(settings, clock=clock, accounts=accounts)
        made.append(app)
        return Door(app, token_maker, accounts)

    yield make
    for app in made:
        app.extensions["hearth"].database.dispose()


def test_the_master_key_is_turned_while_everybody_keeps_reading(
    door: Door, therapist: int, door_with: Any, database: Database
):
    one = _tell(door, therapist)
    turned = door_with(NEW, OLD)
    assert _told(turned, one) == TOLD
    assert rewrap_all(database, master_keys(NEW, OLD)) == 1
    assert rewrap_all(database, master_keys(NEW, OLD)) == 0
    assert _told(turned, one) == TOLD
    refused(door.get(CLIENT, WISHES_PATH), 503, "text_unreadable")
