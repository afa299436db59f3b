"""What is heard of accounts and profiles: kept, twice, late, malformed."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from booking_service.listeners import HANDLERS
from booking_service.models.people import Person
from booking_service.tests.factories import CLIENT, STAFF, THERAPIST, Door, StandInAccounts, hour
from shared.database import Database
from shared.events.catalogue import SHIPPED_DIRECTORY, load_example, shipped_catalogue
from shared.events.envelope import Envelope
from shared.events.inbox import handle_waiting, receive
from shared.events.tables import inbox
from shared.testing.clocks import StandingClock

Tell = Callable[..., str]


def person(database: Database, account_id: int) -> Person | None:
    return database.reading(lambda session: session.get(Person, account_id))


def test_every_type_the_catalogue_lets_us_hear_has_a_handler():
    assert set(HANDLERS) == set(shipped_catalogue().heard_by("booking_service"))


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
def test_the_contracts_examples_are_handled(
    event_type: str, database: Database, clock: StandingClock
):
    example = load_example(SHIPPED_DIRECTORY, shipped_catalogue().entry(event_type))
    assert isinstance(example, Envelope)

    receive(database, [example.to_json()], clock)

    assert handle_waiting(database, HANDLERS, clock) == 1
    kept = person(database, example.data["account_id"])
    assert kept is not None
    assert kept.locale == example.data["locale"]


def test_names_from_events_stand_in_the_calendar_while_auth_is_down(
    door: Door, therapist: int, tell: Tell, accounts: StandInAccounts
):
    door.create_appointment(CLIENT, therapist, hour())
    accounts.is_down = True

    state = tell(
        "auth.account.changed.v1",
        account_id=CLIENT,
        first_name="Ирина",
        last_name="Белова",
        version=2,
        role="client",
        is_locked=False,
    )

    assert state == "done"
    path = f"/api/v1/practitioners/{therapist}/calendar"
    assert door.get(therapist, path).json["items"][0]["client_name"] == "Ирина Белова"


def test_an_older_version_and_a_repeated_event_change_nothing(database: Database, tell: Tell):
    data = {"account_id": CLIENT, "role": "client", "last_name": "", "is_locked": False}
    tell("auth.account.changed.v1", **data, first_name="New", version=5, event_id="once")

    tell("auth.account.changed.v1", **data, first_name="Old", version=4)
    tell("auth.account.changed.v1", **data, first_name="Same", version=5)
    tell("auth.account.changed.v1", **data, first_name="Again", version=9, event_id="once")

    kept = person(database, CLIENT)
    assert kept is not None
    assert (kept.first_name, kept.account_version) == ("New", 5)


def test_a_profile_knows_the_zone_better_than_the_account(database: Database, tell: Tell):
    account = {"account_id": CLIENT, "role": "client", "is_locked": False}
    tell("auth.account.changed.v1", **account, time_zone="Europe/London", version=1)
    tell("profile.profile.changed.v1", account_id=CLIENT, time_zone="Asia/Almaty", version=1)
    tell("auth.account.changed.v1", **account, time_zone="Europe/Paris", version=2)
    tell("profile.profile.changed.v1", account_id=CLIENT, time_zone="Asia/Tokyo", version=0)

    kept = person(database, CLIENT)
    assert kept is not None
    assert kept.time_zone == "Asia/Almaty"


def test_an_unknown_zone_is_no_zone(database: Database, tell: Tell):
    state = tell(
        "profile.profile.changed.v1", account_id=CLIENT, time_zone="Mars/Olympus", version=3
    )

    kept = person(database, CLIENT)
    assert kept is not None
    assert (state, kept.time_zone) == ("done", None)


def test_a_therapists_new_name_is_shown_where_staff_wrote_none(
    door: Door, tell: Tell, announced: Callable[[], list[dict]]
):
    door.create_therapist(THERAPIST)
    named = door.create_therapist(THERAPIST + 1, name="Dr. K")
    for account_id in (THERAPIST, named):
        tell(
            "auth.account.changed.v1",
            account_id=account_id,
            role="therapist",
            first_name="Eva",
            last_name="Nagy",
            version=7,
            is_locked=False,
        )

    assert door.get(CLIENT, f"/api/v1/practitioners/{THERAPIST}").json["name"] == "Eva Nagy"
    assert door.get(CLIENT, f"/api/v1/practitioners/{named}").json["name"] == "Dr. K"
    assert announced()[2]["name"] == "Eva Nagy"


@pytest.mark.parametrize("change", [{"role": "client"}, {"is_locked": True}])
def test_who_is_a_therapist_no_longer_or_locked_is_taken_off_the_list(
    door: Door, therapist: int, tell: Tell, change: dict, announced: Callable[[], list[dict]]
):
    told = {"account_id": therapist, "role": "therapist", "version": 3, "is_locked": False}

    tell("auth.account.changed.v1", **{**told, **change})

    assert door.get(CLIENT, f"/api/v1/practitioners/{therapist}").status_code == 404
    assert announced()[-1]["type"] == "booking.practitioner.withdrawn.v1"


def test_the_copy_lets_staff_write_records_while_auth_is_down(
    door: Door, tell: Tell, accounts: StandInAccounts
):
    tell("auth.account.registered.v1", account_id=THERAPIST, role="therapist", version=1)
    accounts.is_down = True

    body = {
        "therapy_types": ["couple"],
        "languages": ["hu"],
        "gender": "man",
        "price_minor_units": 1,
    }
    assert door.put(STAFF, f"/api/v1/practitioners/{THERAPIST}", body).status_code == 201


def test_data_of_another_shape_is_dead_at_once_and_hides_its_values(database: Database, tell: Tell):
    state = tell("auth.account.changed.v1", account_id=CLIENT, first_name=["secret"])

    problem = database.reading(
        lambda session: session.execute(select(inbox.c.problem)).scalar_one()
    )
    assert state == "dead"
    assert "first_name" in problem
    assert "secret" not in problem
    assert person(database, CLIENT) is None
