"""Holds: an hour kept for five minutes."""

from functools import partial

from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    THERAPIST,
    Door,
    hour,
    refused,
)
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time


def hold(door: Door, who: int, practitioner_id: int, starts_at: str, **more):
    body = {"practitioner_id": practitioner_id, "starts_at": starts_at}
    return door.post(who, "/api/v1/holds", body, **more)


def test_a_held_hour_is_the_holders_to_book(door: Door, therapist: int):
    answer = hold(door, CLIENT, therapist, hour())

    assert answer.status_code == 201
    assert answer.json["expires_at"] == hour(6, 8, 5)
    assert door.get(CLIENT, "/api/v1/holds").json["items"] == [answer.json]
    refused(door.book(OTHER_CLIENT, therapist, hour()), 409, "slot_taken")
    refused(hold(door, OTHER_CLIENT, therapist, hour()), 409, "slot_taken")
    assert door.book(CLIENT, therapist, hour()).status_code == 201
    assert door.get(CLIENT, "/api/v1/holds").json["items"] == [], "booking uses the hold up"


def test_an_expired_hold_keeps_nobody_out(door: Door, therapist: int, clock: StandingClock):
    held = hold(door, CLIENT, therapist, hour()).json

    clock.advance(minutes=5)

    assert door.get(CLIENT, "/api/v1/holds").json["items"] == []
    refused(door.delete(CLIENT, f"/api/v1/holds/{held['id']}"), 404, "hold_not_found")
    assert door.book(OTHER_CLIENT, therapist, hour()).status_code == 201


def test_a_fourth_hold_is_refused_until_one_ends(door: Door, therapist: int, clock: StandingClock):
    for start in (9, 10, 11):
        assert hold(door, CLIENT, therapist, hour(7, start)).status_code == 201

    refused(hold(door, CLIENT, therapist, hour(7, 12)), 409, "too_many_holds")
    clock.advance(minutes=5)
    assert hold(door, CLIENT, therapist, hour(7, 12)).status_code == 201


def test_holding_an_hour_twice_starts_its_time_anew(
    door: Door, therapist: int, clock: StandingClock
):
    first = hold(door, CLIENT, therapist, hour()).json
    clock.advance(minutes=1)

    second = hold(door, CLIENT, therapist, hour()).json

    assert second["expires_at"] > first["expires_at"]
    assert [each["id"] for each in door.get(CLIENT, "/api/v1/holds").json["items"]] == [
        second["id"]
    ]


def test_a_hold_given_back_is_free_at_once(door: Door, therapist: int):
    held = hold(door, CLIENT, therapist, hour()).json

    refused(door.delete(OTHER_CLIENT, f"/api/v1/holds/{held['id']}"), 404, "hold_not_found")
    assert door.delete(CLIENT, f"/api/v1/holds/{held['id']}").status_code == 204
    refused(door.delete(CLIENT, f"/api/v1/holds/{held['id']}"), 404, "hold_not_found")
    assert hold(door, OTHER_CLIENT, therapist, hour()).status_code == 201


def test_only_offered_hours_of_listed_therapists_are_held_by_clients(door: Door, therapist: int):
    refused(hold(door, CLIENT, therapist, hour(7, 14)), 409, "hour_not_offered")
    refused(hold(door, CLIENT, 999, hour()), 404, "practitioner_not_found")
    refused(hold(door, THERAPIST, therapist, hour()), 403, "not_allowed")
    refused(door.post(CLIENT, "/api/v1/holds", {}), 422, "invalid_request")


def test_many_clients_holding_one_hour_at_once_leave_one_holder(door: Door, therapist: int):
    answers = at_the_same_time(
        [partial(hold, door, who, therapist, hour()) for who in range(2000, 2012)]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11


def test_one_client_holding_many_hours_at_once_gets_three(door: Door, therapist: int):
    hours = [hour(day, start) for day in (7, 8) for start in (9, 10, 11, 12)]

    answers = at_the_same_time([partial(hold, door, CLIENT, therapist, each) for each in hours])

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5


def test_the_same_idempotency_key_holds_once(door: Door, therapist: int):
    headers = {"Idempotency-Key": "choose-1"}

    first = hold(door, CLIENT, therapist, hour(), headers=headers)
    second = hold(door, CLIENT, therapist, hour(), headers=headers)

    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"
