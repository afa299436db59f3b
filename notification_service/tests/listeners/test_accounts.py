"""Recipients follow accounts and profiles, whichever comes first and in whatever order."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from notification_service.models.recipients import Recipient
from notification_service.tests.factories import CLIENT, account, event
from shared.database import Database
from shared.events.inbox import handle_waiting, receive
from shared.events.tables import inbox
from shared.testing.waiting import at_the_same_time

CHANGED = "auth.account.changed.v1"
PROFILE = "profile.profile.changed.v1"


def _recipient(database: Database) -> Recipient:
    return database.reading(lambda session: session.scalars(select(Recipient)).one())


def test_a_new_account_can_be_reached(hear, database: Database):
    hear(account(CLIENT, first_name="Anna", locale="ar"))
    found = _recipient(database)
    assert (found.email, found.first_name) == ("person17@example.org", "Anna")
    assert found.account_locale == "ar"


def test_a_change_is_taken_over_and_an_older_one_that_comes_late_is_not(hear, database: Database):
    hear(account(CLIENT))
    hear(event(CHANGED, None, account_id=CLIENT, email="new@example.org", version=3))
    hear(event(CHANGED, None, account_id=CLIENT, email="old@example.org", version=2))
    hear(account(CLIENT))
    assert _recipient(database).email == "new@example.org"


def test_the_same_event_twice_changes_nothing(hear, database: Database):
    registered = account(CLIENT)
    hear(registered, registered)
    hear(registered)
    assert _recipient(database).account_version == 1


def test_the_profile_may_be_heard_before_the_account(hear, database: Database):
    hear(event(PROFILE, None, account_id=CLIENT, version=2, time_zone="Asia/Tokyo"))
    assert _recipient(database).email is None
    hear(account(CLIENT, time_zone="Europe/Paris"))
    hear(event(PROFILE, None, account_id=CLIENT, version=1, time_zone="Asia/Dubai"))
    found = _recipient(database)
    assert found.email == "person17@example.org"
    assert found.profile_time_zone == "Asia/Tokyo"


def test_account_and_profile_heard_at_the_same_time_make_one_recipient(database: Database, clock):
    from notification_service.listeners import HANDLERS

    profile = event(PROFILE, None, account_id=CLIENT)
    receive(database, [account(CLIENT).to_json(), profile.to_json()], clock)
    at_the_same_time([lambda: handle_waiting(database, HANDLERS, clock)] * 3)
    found = _recipient(database)
    assert found.email is not None
    assert found.profile_locale == "ru"


@pytest.mark.parametrize(
    "broken",
    [{"account_id": 0}, {"email": "nobody"}, {"locale": "xx"}, {"version": "1"}, {"version": None}],
)
def test_a_malformed_account_is_dead_at_once(hear, database: Database, broken: dict):
    registered = account(CLIENT)
    hear(replace(registered, data={**registered.data, **broken}))
    states = database.reading(lambda session: list(session.scalars(select(inbox.c.state))))
    assert states == ["dead"]
    assert database.reading(lambda session: session.scalars(select(Recipient)).first()) is None


@pytest.mark.parametrize("broken", [{"account_id": "17"}, {"locale": None}, {"version": 1.5}])
def test_a_malformed_profile_is_dead_at_once(hear, database: Database, broken: dict):
    profile = event(PROFILE)
    hear(replace(profile, data={**profile.data, **broken}))
    states = database.reading(lambda session: list(session.scalars(select(inbox.c.state))))
    assert states == ["dead"]
