"""Matching: hard wishes, shared topics, fair rotation, and what was relaxed."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import event

from booking_service.tests.factories import CLIENT, EVERY_DAY, STAFF, Door, hour, refused
from shared.testing.clocks import StandingClock

WISHES = {
    "age": 31,
    "has_experience": False,
    "therapy_type": "individual",
    "topics": [],
    "preferred_gender": "any",
    "time_preference": "any",
    "price_band": 0,
}


def wish(door: Door, who: int = CLIENT, **changes) -> None:
    answer = door.put(who, "/api/v1/matching-preferences/me", {**WISHES, **changes})
    assert answer.status_code == 200, answer.json


def matches(door: Door, query: str = "", *, who: int = CLIENT) -> list[dict]:
    answer = door.get(who, f"/api/v1/matches{query}")
    assert answer.status_code == 200, answer.json
    return list(answer.json["items"])


def ids(found: list[dict]) -> list[int]:
    return [each["practitioner"]["id"] for each in found]


def test_without_wishes_everybody_with_a_free_hour_is_listed(door: Door):
    first, second = door.create_therapist(), door.create_therapist(gender="man")
    door.create_therapist(is_published=False)
    door.create_therapist(weekly_hours=[{"weekday": 0, "starts": "09:00", "ends": "09:10"}])

    found = matches(door)

    assert sorted(ids(found)) == [first, second]
    assert all((each["meets"], each["relaxed"]) == ([], []) for each in found)
    assert found[0]["slots"][0] == hour(6, 10)
    assert found[0]["slots"] == sorted(found[0]["slots"])


def test_only_those_who_meet_every_hard_wish_are_listed(door: Door):
    fitting = door.create_therapist(therapy_types=["couple"], price_minor_units=1_000_000)
    door.create_therapist(price_minor_units=900_000)
    door.create_therapist(therapy_types=["couple"], price_minor_units=1_000_001)
    door.create_therapist(therapy_types=["couple"], price_minor_units=1, gender="man")
    door.create_therapist(therapy_types=["couple"], price_minor_units=1, languages=["en"])
    door.create_therapist(therapy_types=["couple"], price_minor_units=1, currency="EUR")
    wish(door, therapy_type="couple", price_band=1, preferred_gender="woman", language="ru")

    found = matches(door)

    assert ids(found) == [fitting]
    assert found[0]["meets"] == ["therapy_type", "language", "gender", "price"]
    assert found[0]["relaxed"] == []


def test_when_nobody_meets_all_the_nearest_say_what_was_relaxed(door: Door):
    near = door.create_therapist(gender="man")
    door.create_therapist(gender="man", therapy_types=["couple"])
    wish(door, preferred_gender="woman")

    found = matches(door)

    assert ids(found) == [near]
    assert (found[0]["meets"], found[0]["relaxed"]) == (["therapy_type"], ["gender"])


def test_a_specific_hour_is_a_hard_wish_in_the_clients_zone(door: Door):
    # without a known zone the service's counts: 11:00 in Budapest is 09:00 UTC in July
    morning = door.create_therapist()
    evening = door.create_therapist(
        weekly_hours=[{"weekday": day, "starts": "18:00", "ends": "20:00"} for day in range(7)]
    )
    wish(door, time_preference="specific", preferred_hour=11)
    found = matches(door)
    assert ids(found) == [morning]
    assert "hour" in found[0]["meets"]

    wish(door, time_preference="specific", preferred_hour=20)
    assert ids(matches(door)) == [evening]

    wish(door, time_preference="specific", preferred_hour=3)
    found = matches(door)
    assert sorted(ids(found)) == [morning, evening]
    assert all(each["relaxed"] == ["hour"] for each in found)


def test_more_shared_topics_come_first(door: Door):
    one = door.create_therapist(topics=[3])
    three = door.create_therapist(topics=[3, 5, 20])
    none = door.create_therapist(topics=[0])
    two = door.create_therapist(topics=[5, 20, 1])
    wish(door, topics=[3, 5, 20])

    found = matches(door)

    assert ids(found) == [three, two, one, none]
    assert ["topics" in each["meets"] for each in found] == [True, True, True, False]


def test_the_nearest_hour_comes_first_when_that_is_wished(door: Door):
    later = door.create_therapist(
        topics=[3], weekly_hours=[{"weekday": 3, "starts": "09:00", "ends": "13:00"}]
    )
    sooner = door.create_therapist(
        topics=[], weekly_hours=[{"weekday": 1, "starts": "09:00", "ends": "13:00"}]
    )
    wish(door, topics=[3], time_preference="any")
    assert ids(matches(door)) == [later, sooner]

    wish(door, topics=[3], time_preference="nearest")
    assert ids(matches(door)) == [sooner, later]


def test_equals_take_turns_by_client_and_day(door: Door, clock: StandingClock):
    therapists = [door.create_therapist() for _ in range(4)]

    first_places = set()
    for _day in range(12):
        first_places |= {ids(matches(door, who=who))[0] for who in (CLIENT, 1003, 1004)}
        assert ids(matches(door)) == ids(matches(door)), "asked again that day it is the same"
        clock.advance(days=1)

    assert first_places == set(therapists), "nobody is always last"


def test_days_limit_and_locale_are_honoured(door: Door):
    for _ in range(3):
        door.create_therapist(name={"ru": "Анна", "en": "Anna"})

    found = matches(door, "?days=1&limit=2&locale=ru")

    assert len(found) == 2
    assert found[0]["slots"] == [hour(6, 10), hour(6, 11), hour(6, 12)]
    assert found[0]["practitioner"]["name"] == "Анна"


def test_with_whole_hours_the_limit_counts_those_who_have_one_in_that_zone(door: Door):
    half_past = door.create_therapist(
        weekly_hours=[{"weekday": 1, "starts": "09:30", "ends": "10:30"}]
    )
    whole = door.create_therapist(weekly_hours=[{"weekday": 1, "starts": "09:00", "ends": "10:00"}])
    assert set(ids(matches(door))) == {half_past, whole}
    for zone, listed in (("Europe/Budapest", whole), ("Asia/Kolkata", half_past)):
        assert ids(matches(door, f"?limit=1&whole_hours_in={zone}")) == [listed], zone
    refused(door.get(CLIENT, "/api/v1/matches?whole_hours_in=Mars/Base"), 422, "invalid_request")


def test_a_wished_hour_is_one_of_the_zone_whose_hours_are_shown(
    door: Door, tell: Callable[..., str]
):
    tell("profile.profile.changed.v1", account_id=CLIENT, time_zone="Asia/Tokyo", version=9)
    tuesdays = {"weekday": 1}
    at_nine = door.create_therapist(weekly_hours=[{**tuesdays, "starts": "09:00", "ends": "10:00"}])
    nine_there = door.create_therapist(
        weekly_hours=[{**tuesdays, "starts": "07:00", "ends": "08:00"}]
    )
    wish(door, time_preference="specific", preferred_hour=9)

    shown = "?whole_hours_in=Europe/Budapest"
    assert ids(matches(door, shown)) == [nine_there], "09:00 in Budapest is 07:00 in UTC"
    wish(door, time_preference="specific", preferred_hour=18)
    assert ids(matches(door)) == [at_nine], "without it the client's own zone counts"


def test_of_a_doubled_hour_only_the_first_counts_as_a_full_one(door: Door, clock: StandingClock):
    clock.set(datetime(2026, 10, 24, 8, tzinfo=UTC))
    night = [{"weekday": 6, "starts": "01:00", "ends": "02:00"}]
    door.create_therapist(weekly_hours=night)  # 01:00 in UTC is the second 02:00 in Budapest

    assert len(matches(door, "?days=2")) == 1
    assert matches(door, "?days=2&whole_hours_in=Europe/Budapest") == []


@pytest.mark.parametrize("query", ["?days=0", "?days=61", "?limit=0", "?limit=101", "?days=x"])
def test_bad_bounds_are_refused(door: Door, query: str):
    refused(door.get(CLIENT, f"/api/v1/matches{query}"), 422, "invalid_request")


def test_only_clients_are_matched(door: Door):
    refused(door.get(STAFF, "/api/v1/matches"), 403, "not_allowed")


def test_fifty_therapists_and_four_weeks_need_no_more_queries_than_two(door: Door, app: Flask):
    engine = app.extensions["hearth"].database.engine

    def queries_of_matches() -> int:
        statements: list[str] = []

        def note(_conn, _cursor, statement, *_rest):
            if statement.lstrip().upper().startswith("SELECT"):
                statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            matches(door)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    for _ in range(2):
        door.create_therapist(weekly_hours=EVERY_DAY)
    few = queries_of_matches()
    for _ in range(48):
        door.create_therapist(weekly_hours=EVERY_DAY)

    many = queries_of_matches()

    assert len(matches(door)) == 50
    assert many == few <= 9  # one of them for the key of the client's topics


def test_taken_hours_are_missing_from_matches(door: Door, therapist: int, clock: StandingClock):
    door.create_appointment(1003, therapist, hour())

    assert hour() not in matches(door)[0]["slots"]
    clock.advance(days=1)
    assert matches(door)[0]["slots"][0] >= hour(7, 10)
