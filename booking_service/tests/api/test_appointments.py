"""Booking, seeing, cancelling, attendance: works, refused, twice, at the same time."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import pytest

from booking_service.app import create_app
from booking_service.settings import Settings
from booking_service.tests.factories import (
    CLIENT,
    EVERY_DAY,
    OTHER_CLIENT,
    OTHER_THERAPIST,
    STAFF,
    Door,
    StandInAccounts,
    hour,
    refused,
)
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time


def test_an_offered_hour_is_booked(door: Door, therapist: int, announced: Callable[[], list[dict]]):
    answer = door.book(CLIENT, therapist, hour())

    assert answer.status_code == 201
    booked = answer.json
    assert booked == {
        "id": booked["id"],
        "practitioner_id": therapist,
        "practitioner_name": "Anna Kovács",
        "client_id": CLIENT,
        "starts_at": hour(),
        "ends_at": hour(7, 9, 50),
        "state": "booked",
        "price_minor_units": 1_600_000,
        "currency": "HUF",
        "is_late_change": False,
        "version": 1,
        "rescheduled_to": None,
        "therapy_types": ["individual"],
        "session_minutes": 50,
    }
    assert door.get(CLIENT, f"/api/v1/appointments/{booked['id']}").json == booked
    published, started, event = announced()
    assert started["type"] == "booking.care_relation.started.v1"
    assert (started["client_id"], started["practitioner_id"]) == (CLIENT, therapist)
    assert event["type"] == "booking.appointment.booked.v1"
    assert event["subject"] == f"client/{CLIENT}"
    assert event["practitioner_name"] == "Anna Kovács"
    assert event["practitioner_time_zone"] == "UTC"
    assert (event["starts_at"], event["ends_at"]) == (hour(), hour(7, 9, 50))
    assert (event["sequence"], event["state"], event["changed_by"]) == (0, "booked", "client")
    assert published["type"] == "booking.practitioner.published.v1"


def test_a_taken_hour_cannot_be_booked_again(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour())
    before = announced()

    refused(door.book(OTHER_CLIENT, therapist, hour()), 409, "slot_taken")
    own = door.book(CLIENT, therapist, hour())
    refused(own, 409, "hour_already_yours")

    assert own.json["appointment_id"] == booked["id"]
    refused(door.book(STAFF, therapist, hour(), client_id=CLIENT), 409, "hour_already_yours")
    refused(door.hold(CLIENT, therapist, hour()), 409, "hour_already_yours")
    assert announced() == before
    assert door.get(OTHER_CLIENT, "/api/v1/appointments?when=all").json["items"] == []
    assert door.get(OTHER_CLIENT, "/api/v1/care-relations").json["items"] == []


@pytest.mark.parametrize(
    ("starts_at", "reason"),
    [
        (hour(6, 7), "past"),
        (hour(6, 9), "too_soon"),
        (hour(7, 8), "not_in_schedule"),
        (hour(7, 9, 30), "not_in_schedule"),
        (hour(7, 13), "not_in_schedule"),
        ("2026-07-07T09:00:00.000001Z", "not_in_schedule"),
        ("2026-10-07T09:00:00Z", "beyond_window"),
        ("2099-07-07T09:00:00Z", "beyond_window"),
    ],
)
def test_an_hour_that_is_not_offered_is_refused_with_the_reason(
    door: Door, therapist: int, starts_at: str, reason: str
):
    answer = door.book(CLIENT, therapist, starts_at)

    refused(answer, 409, "hour_not_offered")
    assert answer.json["reason"] == reason


def test_the_same_hour_written_in_another_zone_is_the_same_hour(door: Door, therapist: int):
    assert door.book(CLIENT, therapist, "2026-07-07T11:00+02:00").json["starts_at"] == hour()


def test_a_client_sits_in_one_appointment_at_a_time(door: Door, therapist: int):
    other = door.create_therapist(weekly_hours=[{"weekday": 1, "starts": "09:30", "ends": "12:30"}])
    door.create_appointment(CLIENT, therapist, hour())

    answer = door.book(CLIENT, other, hour(7, 9, 30))

    refused(answer, 409, "client_busy")
    assert door.book(OTHER_CLIENT, other, hour(7, 9, 30)).status_code == 201


def test_a_client_is_free_again_while_the_therapist_has_the_buffer(door: Door):
    # staff book for the client with a second therapist right after the first one's session
    first = door.create_therapist(settings={"buffer_minutes": 60})
    door.create_appointment(CLIENT, first, hour(7, 9))

    refused(door.book(CLIENT, first, hour(7, 10)), 409, "hour_not_offered")
    assert hour(7, 10, 50) in door.free_hours(first)


def test_a_fourth_coming_appointment_is_refused(door: Door, therapist: int):
    for start in (9, 10, 11):
        door.create_appointment(CLIENT, therapist, hour(7, start))

    answer = door.book(CLIENT, therapist, hour(7, 12))

    refused(answer, 409, "too_many_coming")
    assert answer.json["maximum"] == 3
    booking_for_them = door.book(STAFF, therapist, hour(7, 12), client_id=CLIENT)
    assert booking_for_them.status_code == 201, "staff are exempt"


def test_another_therapist_is_refused_while_appointments_are_coming(
    door: Door, therapist: int, clock: StandingClock
):
    other = door.create_therapist()
    door.create_appointment(CLIENT, therapist, hour(7))

    refused(door.book(CLIENT, other, hour(8)), 409, "has_another_therapist")
    assert hour(8) in door.free_hours(other), "nothing was taken"
    clock.set(clock.now().replace(day=7, hour=10))
    assert door.book(CLIENT, other, hour(8)).status_code == 201
    current = door.get(CLIENT, "/api/v1/care-relations/current").json
    assert current["practitioner"]["id"] == other


def test_staff_need_not_keep_notice_and_window_but_name_the_client(door: Door, therapist: int):
    refused(door.book(STAFF, therapist, hour()), 403, "not_allowed")
    soon = door.book(STAFF, therapist, hour(6, 9), client_id=CLIENT)
    far = door.book(STAFF, therapist, "2026-11-07T09:00:00Z", client_id=OTHER_CLIENT)

    assert (soon.status_code, far.status_code) == (201, 201)
    assert soon.json["client_id"] == CLIENT
    refused(door.book(STAFF, therapist, hour(6, 7), client_id=CLIENT), 409, "hour_not_offered")
    refused(door.book(CLIENT, therapist, hour(), client_id=OTHER_CLIENT), 403, "not_allowed")


def test_nobody_books_unknown_or_withdrawn_therapists(door: Door):
    hidden = door.create_therapist(is_published=False)

    refused(door.book(CLIENT, hidden, hour()), 404, "practitioner_not_found")
    refused(door.book(CLIENT, 999, hour()), 404, "practitioner_not_found")
    refused(door.book(hidden, hidden, hour()), 403, "not_allowed")
    refused(door.book(None, hidden, hour()), 401, "not_authenticated")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"practitioner_id": None, "starts_at": None},
        {"practitioner_id": "501", "starts_at": 5},
        {"practitioner_id": True, "starts_at": True},
        {"practitioner_id": 5.0, "starts_at": []},
        {"practitioner_id": -1, "starts_at": "2026-07-07 09:00"},
        {"practitioner_id": 2**53, "starts_at": "2026-07-07T09:00:00"},
        {"practitioner_id": 0, "starts_at": "2026-02-31T09:00:00Z"},
        {"practitioner_id": [], "starts_at": "1899-07-07T09:00:00Z"},
        {"practitioner_id": {}, "starts_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_malformed_bodies_are_refused_by_field(
    door: Door, body: dict, announced: Callable[[], list[dict]]
):
    answer = door.post(CLIENT, "/api/v1/appointments", body)

    refused(answer, 422, "invalid_request")
    assert "starts_at" in answer.json["errors"]
    assert announced() == []


def test_the_same_idempotency_key_books_once(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    body = {"practitioner_id": therapist, "starts_at": hour()}
    headers = {"Idempotency-Key": "book-1"}

    first = door.post(CLIENT, "/api/v1/appointments", body, headers=headers)
    second = door.post(CLIENT, "/api/v1/appointments", body, headers=headers)
    other_body = {**body, "starts_at": hour(8)}
    third = door.post(CLIENT, "/api/v1/appointments", other_body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json == first.json
    refused(third, 409, "idempotency_key_reused")
    types = [each["type"] for each in announced()]
    assert types.count("booking.appointment.booked.v1") == 1


def test_fifty_clients_at_once_on_one_hour_leave_one_appointment(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    answers = at_the_same_time(
        [partial(door.book, who, therapist, hour()) for who in range(2000, 2050)]
    )

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 49
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {
        "slot_taken"
    }
    types = [each["type"] for each in announced()]
    assert types.count("booking.appointment.booked.v1") == 1


def test_one_client_booking_everywhere_at_once_keeps_every_rule(door: Door):
    therapists = [door.create_therapist() for _ in range(3)]
    wanted = [(each, hour(7, start)) for each in therapists for start in (9, 10, 11, 12)]
    random.Random(7).shuffle(wanted)

    answers = at_the_same_time([partial(door.book, CLIENT, *each) for each in wanted])

    assert all(answer.status_code in (201, 409) for answer in answers)
    booked = [answer.json for answer in answers if answer.status_code == 201]
    assert 1 <= len(booked) <= 3, "at most three coming ones"
    assert len({each["practitioner_id"] for each in booked}) == 1, "of one therapist"
    assert len({each["starts_at"] for each in booked}) == len(booked)


def test_both_parties_and_staff_see_an_appointment_and_nobody_else(door: Door, therapist: int):
    booked = door.create_appointment(CLIENT, therapist, hour())
    path = f"/api/v1/appointments/{booked['id']}"

    for who in (CLIENT, therapist, STAFF):
        assert door.get(who, path).json["id"] == booked["id"]
        assert [each["action"] for each in door.get(who, f"{path}/history").json["items"]] == [
            "booked"
        ]
    for who in (OTHER_CLIENT, OTHER_THERAPIST + 50):
        refused(door.get(who, path), 404, "appointment_not_found")
        refused(door.get(who, f"{path}/history"), 404, "appointment_not_found")
        refused(door.post(who, f"{path}/cancellation", {}), 404, "appointment_not_found")
        refused(door.post(who, f"{path}/reschedule-tokens"), 404, "appointment_not_found")
        refused(
            door.post(who, f"{path}/reschedule", {"starts_at": hour(8)}),
            404,
            "appointment_not_found",
        )
        refused(
            door.put(who, f"{path}/attendance", {"state": "arrived"}), 404, "appointment_not_found"
        )
    refused(door.get(CLIENT, f"/api/v1/appointments/{2**53}"), 404, "appointment_not_found")


def test_lists_tell_coming_past_and_all(door: Door, therapist: int, clock: StandingClock):
    first = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    second = door.create_appointment(CLIENT, therapist, hour(8, 9))["id"]
    third = door.create_appointment(CLIENT, therapist, hour(9, 9))["id"]
    door.post(CLIENT, f"/api/v1/appointments/{third}/cancellation", {})
    clock.set(clock.now().replace(day=7, hour=9, minute=49))

    def listed(who: int, query: str) -> list[int]:
        answer = door.get(who, f"/api/v1/appointments?{query}")
        return [each["id"] for each in answer.json["items"]]

    assert listed(CLIENT, "when=coming") == [first, second], "until its end it is coming"
    assert listed(CLIENT, "when=past") == []
    assert listed(CLIENT, "when=kept") == [first, second]
    clock.advance(minutes=1)
    assert listed(CLIENT, "when=coming") == [second]
    assert listed(CLIENT, "") == [second]
    assert listed(CLIENT, "when=past") == [first]
    assert listed(CLIENT, "when=kept") == [second, first]
    assert listed(CLIENT, "when=all") == [third, second, first]
    assert listed(therapist, "when=all") == [third, second, first]
    assert listed(STAFF, f"when=all&client_id={CLIENT}") == [third, second, first]
    assert listed(STAFF, f"when=all&client_id={OTHER_CLIENT}") == []
    assert listed(OTHER_CLIENT, f"when=all&client_id={CLIENT}") == []
    refused(door.get(CLIENT, "/api/v1/appointments?when=soon"), 422, "invalid_request")


def test_a_list_is_narrowed_by_state_and_beginning(door: Door, therapist: int):
    first = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    second = door.create_appointment(CLIENT, therapist, hour(8, 9))["id"]
    third = door.create_appointment(CLIENT, therapist, hour(9, 9))["id"]
    door.post(CLIENT, f"/api/v1/appointments/{second}/cancellation", {})

    def listed(**wanted: str) -> list[int]:
        answer = door.get(CLIENT, f"/api/v1/appointments?{urlencode({'when': 'all', **wanted})}")
        assert answer.status_code == 200, answer.json
        return [each["id"] for each in answer.json["items"]]

    assert listed(state="cancelled") == [second]
    assert listed(state="booked") == [third, first]
    assert listed(**{"from": hour(8, 9)}) == [third, second]
    assert listed(until=hour(8, 9)) == [first]
    assert listed(**{"from": hour(7, 9), "until": hour(9, 9), "state": "booked"}) == [first]
    assert listed(**{"from": hour(9, 9), "until": hour(7, 9)}) == []
    for query in ("state=gone", "from=tomorrow", "until=2026-07-08", "state="):
        refused(door.get(CLIENT, f"/api/v1/appointments?{query}"), 422, "invalid_request")


def test_what_was_booked_stays_when_the_record_changes(door: Door, therapist: int):
    booked = door.create_appointment(CLIENT, therapist, hour(8))
    changed = {"session_minutes": 80, "price_minor_units": 9_000, "currency": "JPY"}
    door.write_record(therapist, **changed)

    kept = door.get(CLIENT, f"/api/v1/appointments/{booked['id']}").json
    assert kept == booked
    moved = door.post(
        CLIENT, f"/api/v1/appointments/{booked['id']}/reschedule", {"starts_at": hour(9, 10, 30)}
    ).json
    assert (moved["starts_at"], moved["ends_at"]) == (hour(9, 10, 30), hour(9, 11, 20))
    for name in ("session_minutes", "price_minor_units", "currency"):
        assert moved[name] == booked[name]
    selected = door.select(CLIENT, therapist, hour(10, 9)).json["appointment"]
    assert (selected["ends_at"], selected["currency"]) == (hour(10, 9, 50), "HUF")
    new = door.create_appointment(CLIENT, therapist, hour(11, 9))
    assert (new["session_minutes"], new["currency"]) == (80, "JPY")


def test_a_longer_appointment_is_moved_only_where_it_ends_within_the_hours(door: Door):
    therapist = door.create_therapist(session_minutes=110)
    booked = door.create_appointment(CLIENT, therapist, hour(8))
    door.write_record(therapist, session_minutes=50)
    prepared = door.internal(
        "POST", "/internal/v1/reschedule-tokens", {"practitioner_id": therapist, "days": 3},
        who=CLIENT,
    ).json  # fmt: skip

    path = f"/api/v1/appointments/{booked['id']}/reschedule"
    refused(door.post(CLIENT, path, {"starts_at": hour(7, 12)}), 409, "hour_not_offered")
    assert hour(7, 12) not in prepared["slots"]
    assert hour(7, 11) in prepared["slots"]
    moved = door.post(CLIENT, path, {"starts_at": hour(7, 11)}).json
    assert moved["ends_at"] == hour(7, 12, 50)


def test_a_client_books_and_moves_only_so_often_a_day(
    settings: Settings, token_maker: TokenMaker, accounts: StandInAccounts, clock: StandingClock
):
    strict = replace(settings, rate_limit_scale=0.15)  # three a day
    door = Door(create_app(strict, clock=clock, accounts=accounts), token_maker, accounts)
    therapist = door.create_therapist()
    first = door.create_appointment(CLIENT, therapist, hour(8))
    clock.advance(hours=1)
    door.select(CLIENT, therapist, hour(8, 10))
    staffs = door.book(STAFF, therapist, hour(9, 12), client_id=CLIENT)
    assert staffs.status_code == 201, "what staff do counts for nobody"
    refused(door.book(CLIENT, therapist, hour(8, 10)), 409, "hour_already_yours")
    third = door.create_appointment(CLIENT, therapist, hour(9))

    for answer in (
        door.book(CLIENT, therapist, hour(10)),
        door.select(CLIENT, therapist, hour(10)),
        door.post(
            CLIENT, f"/api/v1/appointments/{third['id']}/reschedule", {"starts_at": hour(10)}
        ),
    ):
        refused(answer, 429, "too_many_changes")
        assert answer.headers["Retry-After"] == str(23 * 3600)
    assert door.get(CLIENT, f"/api/v1/appointments/{first['id']}").json["rescheduled_to"]
    moved = door.post(
        STAFF, f"/api/v1/appointments/{third['id']}/reschedule", {"starts_at": hour(10)}
    )
    assert moved.status_code == 201
    assert door.book(OTHER_CLIENT, therapist, hour(10, 12)).status_code == 201
    clock.advance(hours=23)
    assert door.select(CLIENT, therapist, hour(11)).status_code == 201


def test_bookings_at_once_count_each(
    settings: Settings, token_maker: TokenMaker, accounts: StandInAccounts, clock: StandingClock
):
    strict = replace(settings, rate_limit_scale=0.1)  # two a day
    door = Door(create_app(strict, clock=clock, accounts=accounts), token_maker, accounts)
    therapist = door.create_therapist()

    hours = [hour(day) for day in range(8, 14)]
    answers = at_the_same_time([partial(door.book, CLIENT, therapist, each) for each in hours])

    assert sorted(each.status_code for each in answers) == [201] * 2 + [429] * 4


def test_cancelling_in_time_is_free_and_frees_the_hour(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour(8))

    answer = door.post(
        CLIENT, f"/api/v1/appointments/{booked['id']}/cancellation", {"reason": "Не могу"}
    )

    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["is_late_change"]) == ("cancelled", False)
    event = announced()[-1]
    assert event["type"] == "booking.appointment.cancelled.v1"
    assert (event["sequence"], event["is_late_change"], event["state"]) == (1, False, "cancelled")
    assert "Не могу" not in str(event), "why is never said"
    assert door.book(OTHER_CLIENT, therapist, hour(8)).status_code == 201
    history = door.get(therapist, f"/api/v1/appointments/{booked['id']}/history").json["items"]
    assert [(each["action"], each["changed_by"], each["reason"]) for each in history] == [
        ("booked", "client", None),
        ("cancelled", "client", "Не могу"),
    ]


def test_cancelling_twice_is_refused(door: Door, therapist: int):
    booked = door.create_appointment(CLIENT, therapist, hour())
    path = f"/api/v1/appointments/{booked['id']}/cancellation"
    door.post(CLIENT, path, {})

    refused(door.post(CLIENT, path, {}), 409, "appointment_already_cancelled")


def test_cancelling_at_the_same_time_happens_once(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour())
    path = f"/api/v1/appointments/{booked['id']}/cancellation"

    answers = at_the_same_time(
        [partial(door.post, who, path, {}) for who in [CLIENT, therapist, STAFF] * 3]
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 8
    types = [each["type"] for each in announced()]
    assert types.count("booking.appointment.cancelled.v1") == 1


def test_a_clients_late_cancellation_is_marked_and_a_therapists_is_not(
    door: Door, therapist: int, clock: StandingClock
):
    late = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    other = door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))["id"]
    clock.set(clock.now().replace(day=6, hour=22))

    mine = door.post(CLIENT, f"/api/v1/appointments/{late}/cancellation", {}).json
    theirs = door.post(therapist, f"/api/v1/appointments/{other}/cancellation", {}).json

    assert (mine["is_late_change"], theirs["is_late_change"]) == (True, False)


def test_the_free_time_ends_exactly_twelve_hours_before(
    door: Door, therapist: int, clock: StandingClock
):
    first = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    second = door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))["id"]
    clock.set(clock.now().replace(day=6, hour=21))

    on_time = door.post(CLIENT, f"/api/v1/appointments/{first}/cancellation", {}).json
    clock.advance(hours=1, seconds=1)
    late = door.post(OTHER_CLIENT, f"/api/v1/appointments/{second}/cancellation", {}).json

    assert (on_time["is_late_change"], late["is_late_change"]) == (False, True)


def test_a_hard_limit_stops_clients_and_not_staff(door: Door, clock: StandingClock):
    therapist = door.create_therapist(settings={"hard_limit_minutes": 24 * 60})
    booked = door.create_appointment(CLIENT, therapist, hour(8, 9))["id"]
    clock.set(clock.now().replace(day=7, hour=10))
    path = f"/api/v1/appointments/{booked}"

    refused(door.post(CLIENT, f"{path}/cancellation", {}), 409, "too_late_to_cancel")
    refused(
        door.post(CLIENT, f"{path}/reschedule", {"starts_at": hour(9)}), 409, "too_late_to_move"
    )
    refused(door.select(CLIENT, therapist, hour(9)), 409, "too_late_to_move")
    moved = door.post(STAFF, f"{path}/reschedule", {"starts_at": hour(9)})
    assert moved.status_code == 201
    assert moved.json["is_late_change"] is False


def test_the_policy_of_the_booking_holds_when_the_record_changes_later(
    door: Door, clock: StandingClock
):
    therapist = door.create_therapist()
    booked = door.create_appointment(CLIENT, therapist, hour(8, 9))
    door.create_therapist(therapist, price_minor_units=9, settings={"hard_limit_minutes": 40 * 60})
    clock.set(clock.now().replace(day=7, hour=10))

    answer = door.post(CLIENT, f"/api/v1/appointments/{booked['id']}/cancellation", {})

    assert answer.status_code == 200
    assert answer.json["price_minor_units"] == booked["price_minor_units"]


def test_an_appointment_that_has_begun_is_neither_moved_nor_cancelled(
    door: Door, therapist: int, clock: StandingClock
):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    clock.set(clock.now().replace(day=7, hour=9))
    path = f"/api/v1/appointments/{booked}"

    for who in (CLIENT, therapist, STAFF):
        refused(door.post(who, f"{path}/cancellation", {}), 409, "appointment_already_started")
        refused(
            door.post(who, f"{path}/reschedule", {"starts_at": hour(9)}),
            409,
            "appointment_already_started",
        )


def test_attendance_follows_legal_moves(door: Door, therapist: int, clock: StandingClock):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    path = f"/api/v1/appointments/{booked}/attendance"

    refused(door.put(therapist, path, {"state": "arrived"}), 409, "state_change_not_allowed")
    clock.set(clock.now().replace(day=7, hour=9))
    refused(door.put(CLIENT, path, {"state": "arrived"}), 403, "not_allowed")
    refused(door.put(therapist, path, {"state": "fulfilled"}), 409, "state_change_not_allowed")
    refused(door.put(therapist, path, {"state": "booked"}), 422, "invalid_request")
    assert door.put(therapist, path, {"state": "arrived"}).json["state"] == "arrived"
    refused(door.put(therapist, path, {"state": "noshow"}), 409, "state_change_not_allowed")
    assert door.put(STAFF, path, {"state": "fulfilled"}).json["state"] == "fulfilled"
    history = door.get(CLIENT, f"/api/v1/appointments/{booked}/history").json["items"]
    assert [each["to_state"] for each in history] == ["booked", "arrived", "fulfilled"]


def test_withdrawing_while_clients_book_leaves_no_appointment_behind_the_withdrawal(door: Door):
    therapist = door.create_therapist(weekly_hours=EVERY_DAY)
    hours = [hour(day, start) for day in (7, 8, 9) for start in (9, 10, 11, 12)]

    answers = at_the_same_time(
        [
            *[
                partial(door.book, who, therapist, each)
                for who, each in enumerate(hours, start=2000)
            ],
            partial(door.delete, STAFF, f"/api/v1/practitioners/{therapist}/publication"),
        ]
    )

    assert {answer.status_code for answer in answers} <= {200, 201, 404}
    refused(door.book(2100, therapist, hour(10)), 404, "practitioner_not_found")


@pytest.mark.parametrize("when", ["coming", "past", "kept", "all"])
def test_pages_of_every_list_are_the_list(
    door: Door, therapist: int, clock: StandingClock, when: str
):
    cancelled = door.create_appointment(CLIENT, therapist, hour(8, 9))["id"]
    door.post(CLIENT, f"/api/v1/appointments/{cancelled}/cancellation", {})
    for day, at in ((7, 9), (7, 11), (9, 9)):
        door.create_appointment(CLIENT, therapist, hour(day, at))
    clock.set(clock.now().replace(day=7, hour=9, minute=30))  # the first one goes on
    whole = door.get(CLIENT, f"/api/v1/appointments?when={when}").json
    assert whole["next"] is None
    ids = [each["id"] for each in whole["items"]]
    for limit in (1, 2, 3):
        found, path = list[int](), f"/api/v1/appointments?when={when}&limit={limit}"
        while path:
            answer = door.get(CLIENT, path)
            assert len(answer.json["items"]) <= limit
            found += [each["id"] for each in answer.json["items"]]
            path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        assert found == ids, limit


def test_therapists_and_staff_are_told_the_clients_names(
    door: Door, therapist: int, accounts: StandInAccounts
):
    accounts.add(CLIENT, "Ирина", "Белова", "client")
    door.create_appointment(CLIENT, therapist, hour())

    def names(who: int) -> list[object]:
        listed = door.get(who, "/api/v1/appointments").json["items"]
        return [each["client_name"] for each in listed]

    assert names(therapist) == names(STAFF) == ["Ирина Белова"]
    assert names(CLIENT) == [None]
