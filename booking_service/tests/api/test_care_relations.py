"""The present therapist, leaving, and who sees whose relation."""

from collections.abc import Callable
from functools import partial

import pytest

from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    STAFF,
    Door,
    StandInAccounts,
    hour,
    refused,
)
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time

END = "/api/v1/care-relations/current/end"


def test_without_a_therapist_everything_is_null(door: Door):
    answer = door.get(CLIENT, "/api/v1/care-relations/current")

    assert answer.status_code == 200
    assert answer.json == {"practitioner": None, "next_appointment": None, "started_at": None}


def test_the_present_therapist_is_shown_with_the_nearest_appointment(
    door: Door, clock: StandingClock
):
    therapist = door.create_therapist(name={"ru": "Анна", "en": "Anna"})
    door.create_appointment(CLIENT, therapist, hour(8))
    near = door.create_appointment(CLIENT, therapist, hour(7))
    path = "/api/v1/care-relations/current?locale=ru"

    current = door.get(CLIENT, path).json

    assert current["practitioner"]["name"] == "Анна"
    assert current["next_appointment"]["id"] == near["id"]
    assert current["next_appointment"]["practitioner_name"] == "Анна"
    assert current["started_at"] == hour(6, 8)
    clock.set(clock.now().replace(day=8, hour=9, minute=49))
    assert door.get(CLIENT, path).json["next_appointment"]["starts_at"] == hour(8)
    clock.set(clock.now().replace(day=8, hour=9, minute=50))
    later = door.get(CLIENT, path).json
    assert later["next_appointment"] is None
    assert later["practitioner"]["id"] == therapist


def test_leaving_cancels_and_frees_what_is_coming_in_one_go(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    for day in (7, 8):
        door.create_appointment(CLIENT, therapist, hour(day))
    before = len(announced())

    answer = door.post(
        CLIENT,
        END,
        {"reasons": [0, 10], "more_reasons": "Секрет", "wants_call": True},
    )

    assert answer.json == {
        "practitioner_id": therapist,
        "ended_at": hour(6, 8),
        "cancelled_appointments": 2,
    }
    events = announced()[before:]
    assert [each["type"] for each in events] == [
        "booking.appointment.cancelled.v1",
        "booking.appointment.cancelled.v1",
        "booking.care_relation.ended.v1",
    ]
    assert "Секрет" not in str(events)
    assert "reasons" not in str(events)
    assert [each.get("reason_code") for each in events] == ["client_left"] * 2 + [None]
    assert {hour(7), hour(8)} <= set(door.free_hours(therapist))
    assert door.get(CLIENT, "/api/v1/care-relations/current").json["practitioner"] is None


def test_leaving_twice_is_refused(door: Door, therapist: int):
    refused(door.post(CLIENT, END, {}), 409, "no_therapist_chosen")
    refused(door.post(CLIENT, END, {"practitioner_id": 5}), 409, "no_therapist_chosen")
    door.create_appointment(CLIENT, therapist, hour())
    refused(door.post(CLIENT, END, {"practitioner_id": 999}), 409, "not_your_therapist")

    assert door.post(CLIENT, END, {"practitioner_id": therapist}).status_code == 200
    refused(door.post(CLIENT, END, {}), 409, "no_therapist_chosen")
    assert door.book(CLIENT, therapist, hour()).status_code == 201, "one may come back"


def test_leaving_at_the_same_time_happens_once(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    door.create_appointment(CLIENT, therapist, hour())

    answers = at_the_same_time([partial(door.post, CLIENT, END, {})] * 6)

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    types = [each["type"] for each in announced()]
    assert types.count("booking.care_relation.ended.v1") == 1
    assert types.count("booking.appointment.cancelled.v1") == 1


def test_the_same_idempotency_key_leaves_once_and_nobody_chosen_since(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    door.create_appointment(CLIENT, therapist, hour())
    leave = partial(door.post, CLIENT, END, headers={"Idempotency-Key": "leave-1"})

    answers = at_the_same_time([partial(leave, {"reasons": [1]})] * 4)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {answer.data for answer in answers} == {answers[0].data}
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    door.create_appointment(CLIENT, therapist, hour())
    assert leave({"reasons": [1]}).data == answers[0].data
    refused(leave({"reasons": [2]}), 409, "idempotency_key_reused")

    types = [each["type"] for each in announced()]
    assert types.count("booking.care_relation.ended.v1") == 1
    current = door.get(CLIENT, "/api/v1/care-relations/current").json
    assert current["practitioner"]["id"] == therapist


def test_leaving_late_is_chargeable_and_no_hard_limit_keeps_anybody(
    door: Door, clock: StandingClock
):
    therapist = door.create_therapist(settings={"hard_limit_minutes": 24 * 60})
    booked = door.create_appointment(CLIENT, therapist, hour(7))
    clock.set(clock.now().replace(day=7, hour=8))

    assert door.post(CLIENT, END, {}).status_code == 200
    answer = door.get(CLIENT, f"/api/v1/appointments/{booked['id']}").json
    assert (answer["state"], answer["is_late_change"]) == ("cancelled", True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reasons": [11]}, "reasons.0"),
        ({"reasons": "1"}, "reasons"),
        ({"reasons": [True]}, "reasons.0"),
        ({"more_reasons": "x" * 4001}, "more_reasons"),
        ({"wants_call": 1}, "wants_call"),
        ({"practitioner_id": "501"}, "practitioner_id"),
        ({"why": 1}, "why"),
    ],
)
def test_malformed_reasons_are_named(door: Door, therapist: int, body: dict, field: str):
    door.create_appointment(CLIENT, therapist, hour())

    answer = door.post(CLIENT, END, body)

    refused(answer, 422, "invalid_request")
    assert field in answer.json["errors"]


def test_a_therapist_lists_own_clients_and_never_why_they_left(
    door: Door, therapist: int, accounts: StandInAccounts
):
    other = door.create_therapist()
    accounts.add(CLIENT, "Ирина", "Белова", "client")
    door.create_appointment(CLIENT, therapist, hour(7, 9))
    door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))
    door.post(OTHER_CLIENT, END, {"reasons": [1], "more_reasons": "late", "wants_call": True})

    def listed(who: int, state: str) -> list[dict]:
        return list(door.get(who, f"/api/v1/care-relations?state={state}").json["items"])

    active = listed(therapist, "active")
    assert [(each["client_id"], each["client_name"]) for each in active] == [
        (CLIENT, "Ирина Белова")
    ]
    ended = listed(therapist, "ended")
    assert [(each["client_id"], each["reasons"], each["more_reasons"]) for each in ended] == [
        (OTHER_CLIENT, None, None)
    ]
    assert listed(other, "all") == []
    for_staff = listed(STAFF, "all")
    reasons = [(each["reasons"], each["wants_call"]) for each in for_staff]
    assert reasons == [([1], True), ([], False)]
    assert [each["practitioner_id"] for each in listed(OTHER_CLIENT, "ended")] == [therapist]


def test_only_clients_have_a_therapist(door: Door, therapist: int):
    for who in (therapist, STAFF):
        refused(door.get(who, "/api/v1/care-relations/current"), 403, "not_allowed")
        refused(door.post(who, END, {}), 403, "not_allowed")
