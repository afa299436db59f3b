"""Choosing a therapist and an hour in one step."""

from collections.abc import Callable
from functools import partial

from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    STAFF,
    THERAPIST,
    Door,
    hour,
    refused,
)
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time


def types(events: list[dict]) -> list[str]:
    return [each["type"].removeprefix("booking.").removesuffix(".v1") for each in events]


def test_without_a_therapist_the_hour_is_booked_and_care_begins(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    answer = door.select(CLIENT, therapist, hour())

    assert answer.status_code == 201
    assert answer.json["outcome"] == "booked"
    assert answer.json["appointment"]["starts_at"] == hour()
    assert types(announced())[1:] == ["care_relation.started", "appointment.booked"]
    current = door.get(CLIENT, "/api/v1/care-relations/current").json
    assert current["practitioner"]["id"] == therapist
    assert current["next_appointment"]["id"] == answer.json["appointment"]["id"]


def test_the_same_hour_again_changes_nothing(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    first = door.select(CLIENT, therapist, hour())
    before = announced()

    second = door.select(CLIENT, therapist, hour())

    assert second.status_code == 200
    assert second.json == {"outcome": "unchanged", "appointment": first.json["appointment"]}
    assert announced() == before


def test_a_late_repetition_undoes_no_later_choice(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    key = {"Idempotency-Key": "choose-1"}
    body = {"practitioner_id": therapist, "starts_at": hour(7)}
    first = door.post(CLIENT, "/api/v1/selections", body, headers=key)
    assert (first.status_code, first.json["outcome"]) == (201, "booked")
    assert door.select(CLIENT, therapist, hour(9)).json["outcome"] == "moved"
    before = announced()

    again = door.post(CLIENT, "/api/v1/selections", body, headers=key)

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert announced() == before
    other = {**body, "starts_at": hour(10)}
    refused(
        door.post(CLIENT, "/api/v1/selections", other, headers=key), 409, "idempotency_key_reused"
    )


def test_another_hour_moves_the_nearest_coming_appointment(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    near = door.create_appointment(CLIENT, therapist, hour(7))
    far = door.create_appointment(CLIENT, therapist, hour(9))

    answer = door.select(CLIENT, therapist, hour(10))

    assert answer.status_code == 201
    assert answer.json["outcome"] == "moved"
    assert announced()[-1]["previous_appointment_id"] == near["id"]
    coming = door.get(CLIENT, "/api/v1/appointments").json["items"]
    assert [each["id"] for each in coming] == [far["id"], answer.json["appointment"]["id"]]


def test_another_therapist_is_refused_while_appointments_are_coming_and_taken_afterwards(
    door: Door, therapist: int, clock: StandingClock, announced: Callable[[], list[dict]]
):
    other = door.create_therapist()
    door.select(CLIENT, therapist, hour())

    refused(door.select(CLIENT, other, hour(8)), 409, "has_another_therapist")
    clock.set(clock.now().replace(day=7, hour=9, minute=49))
    refused(door.select(CLIENT, other, hour(8)), 409, "has_another_therapist")
    refused(door.book(CLIENT, other, hour(8)), 409, "has_another_therapist")
    clock.set(clock.now().replace(day=7, hour=9, minute=50))
    answer = door.select(CLIENT, other, hour(8))

    assert answer.json["outcome"] == "booked"
    assert types(announced())[-3:] == [
        "care_relation.ended",
        "care_relation.started",
        "appointment.booked",
    ]


def test_while_an_appointment_goes_on_another_hour_is_booked_beside_it(
    door: Door, therapist: int, clock: StandingClock
):
    running = door.select(CLIENT, therapist, hour()).json["appointment"]
    clock.set(clock.now().replace(day=7, hour=9, minute=20))

    same = door.select(CLIENT, therapist, hour()).json
    other = door.select(CLIENT, therapist, hour(8)).json

    assert (same["outcome"], same["appointment"]["id"]) == ("unchanged", running["id"])
    assert other["outcome"] == "booked"
    kept = door.get(CLIENT, f"/api/v1/appointments/{running['id']}").json
    assert (kept["state"], kept["rescheduled_to"]) == ("booked", None)
    assert door.select(CLIENT, therapist, hour(9)).json["outcome"] == "moved", "the next one is"


def test_leaving_while_an_appointment_goes_on_lets_nobody_switch_before_its_end(
    door: Door, therapist: int, clock: StandingClock
):
    other = door.create_therapist()
    running = door.select(CLIENT, therapist, hour()).json["appointment"]
    clock.set(clock.now().replace(day=7, hour=9, minute=20))

    left = door.post(CLIENT, "/api/v1/care-relations/current/end", {})

    assert (left.status_code, left.json["cancelled_appointments"]) == (200, 0)
    assert door.get(CLIENT, f"/api/v1/appointments/{running['id']}").json["state"] == "booked"
    refused(door.select(CLIENT, other, hour(8)), 409, "has_another_therapist")
    clock.set(clock.now().replace(day=7, hour=9, minute=50))
    assert door.select(CLIENT, other, hour(8)).json["outcome"] == "booked"


def test_refusals_come_in_order_practitioner_hour_other_therapist(door: Door, therapist: int):
    other, hidden = door.create_therapist(), door.create_therapist(is_published=False)
    door.select(CLIENT, therapist, hour())
    door.select(OTHER_CLIENT, other, hour(8))

    refused(door.select(CLIENT, 999, hour(7, 14)), 404, "practitioner_not_found")
    refused(door.select(CLIENT, hidden, hour(8)), 404, "practitioner_not_found")
    refused(door.select(CLIENT, other, hour(7, 14)), 409, "hour_not_offered")
    refused(door.select(CLIENT, other, hour(8)), 409, "slot_taken")
    refused(door.select(CLIENT, other, hour(9)), 409, "has_another_therapist")


def test_a_withdrawn_therapist_stays_selectable_for_present_clients(door: Door, therapist: int):
    door.select(CLIENT, therapist, hour())
    door.delete(STAFF, f"/api/v1/practitioners/{therapist}/publication")

    assert door.select(CLIENT, therapist, hour(8)).json["outcome"] == "moved"
    refused(door.select(OTHER_CLIENT, therapist, hour(9)), 404, "practitioner_not_found")


def test_only_moving_asks_for_therapist_appointment_token_and_hour_in_that_order(
    door: Door, therapist: int, clock: StandingClock
):
    other = door.create_therapist()
    refused(door.select(CLIENT, therapist, hour(), only_move=True), 409, "not_your_therapist")
    door.select(CLIENT, therapist, hour())

    refused(door.select(CLIENT, other, hour(8), only_move=True), 409, "not_your_therapist")
    refused(door.select(CLIENT, 999, hour(8), only_move=True), 409, "not_your_therapist")
    bad = {"only_move": True, "reschedule_token": "no"}
    refused(door.select(CLIENT, therapist, hour(7, 14), **bad), 422, "reschedule_token_invalid")
    refused(door.select(CLIENT, therapist, hour(7, 14), only_move=True), 409, "hour_not_offered")
    assert door.select(CLIENT, therapist, hour(8), only_move=True).json["outcome"] == "moved"
    clock.set(clock.now().replace(day=8, hour=9))
    bad_token = door.select(CLIENT, therapist, hour(9), **bad)
    refused(bad_token, 409, "no_appointment_to_move")


def test_a_token_that_is_sent_must_be_good(door: Door, therapist: int):
    refused(
        door.select(CLIENT, therapist, hour(), reschedule_token="x"),
        422,
        "reschedule_token_invalid",
    )
    door.select(CLIENT, therapist, hour())
    prepared = door.internal(
        "POST", "/internal/v1/reschedule-tokens", {"practitioner_id": therapist}, who=CLIENT
    ).json

    moved = door.select(CLIENT, therapist, hour(8), reschedule_token=prepared["token"])
    again = door.select(CLIENT, therapist, hour(9), reschedule_token=prepared["token"])

    assert moved.json["outcome"] == "moved"
    refused(again, 422, "reschedule_token_invalid")


def test_only_clients_select(door: Door, therapist: int):
    for who in (THERAPIST, STAFF):
        refused(door.select(who, therapist, hour()), 403, "not_allowed")


def test_many_clients_selecting_one_hour_at_once_leave_one_winner(door: Door, therapist: int):
    answers = at_the_same_time(
        [partial(door.select, who, therapist, hour()) for who in range(2000, 2020)]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


def test_one_client_selecting_the_same_hour_many_times_at_once_books_once(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    answers = at_the_same_time([partial(door.select, CLIENT, therapist, hour())] * 8)

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert types(announced()).count("appointment.booked") == 1
    assert types(announced()).count("care_relation.started") == 1


def test_one_client_selecting_different_therapists_at_once_ends_with_one(door: Door):
    therapists = [door.create_therapist() for _ in range(6)]

    answers = at_the_same_time([partial(door.select, CLIENT, each, hour()) for each in therapists])

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len(door.get(CLIENT, "/api/v1/care-relations").json["items"]) == 1
