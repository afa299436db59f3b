"""Moving: an atomic swap, tokens, and clients moving into each other's hours."""

import random
from collections.abc import Callable
from functools import partial

from sqlalchemy import func, select

from booking_service.models.claims import Claim
from booking_service.models.reschedule_tokens import RescheduleToken
from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    STAFF,
    Door,
    hour,
    refused,
)
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time

ROUNDS = 100


def move(door: Door, who: int, appointment_id: int, starts_at: str, **more):
    body = {"starts_at": starts_at, **more}
    return door.post(who, f"/api/v1/appointments/{appointment_id}/reschedule", body)


def test_moving_makes_a_new_appointment_and_frees_the_old_hour(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))

    answer = move(door, CLIENT, booked["id"], hour(8, 10))

    assert answer.status_code == 201
    moved = answer.json
    assert (moved["starts_at"], moved["state"], moved["rescheduled_to"]) == (
        hour(8, 10),
        "booked",
        None,
    )
    old = door.get(CLIENT, f"/api/v1/appointments/{booked['id']}").json
    assert (old["state"], old["rescheduled_to"]) == ("cancelled", moved["id"])
    event = announced()[-1]
    assert event["type"] == "booking.appointment.moved.v1"
    assert (event["previous_appointment_id"], event["previous_starts_at"]) == (
        booked["id"],
        hour(7, 9),
    )
    assert (event["appointment_id"], event["starts_at"]) == (moved["id"], hour(8, 10))
    assert door.book(OTHER_CLIENT, therapist, hour(7, 9)).status_code == 201


def test_sequence_and_calendar_uid_go_along_the_chain(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    first = door.create_appointment(CLIENT, therapist, hour(7, 9))
    second = move(door, CLIENT, first["id"], hour(8, 9)).json
    third = move(door, CLIENT, second["id"], hour(9, 9)).json
    door.post(CLIENT, f"/api/v1/appointments/{third['id']}/cancellation", {})

    events = [each for each in announced() if ".appointment." in each["type"]]

    assert [each["sequence"] for each in events] == [0, 1, 2, 3]
    assert len({each["calendar_uid"] for each in events}) == 1
    history = door.get(CLIENT, f"/api/v1/appointments/{third['id']}/history").json["items"]
    assert [each["action"] for each in history] == [
        "booked",
        "moved",
        "booked",
        "moved",
        "booked",
        "cancelled",
    ]


def test_a_move_that_cannot_be_had_leaves_everything_as_it_was(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))
    door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))
    before = announced()

    refused(move(door, CLIENT, booked["id"], hour(7, 10)), 409, "slot_taken")
    refused(move(door, CLIENT, booked["id"], hour(7, 14)), 409, "hour_not_offered")
    refused(move(door, CLIENT, booked["id"], hour(7, 9)), 409, "already_at_this_hour")

    assert announced() == before
    assert door.get(CLIENT, f"/api/v1/appointments/{booked['id']}").json == booked
    refused(door.book(2001, therapist, hour(7, 9)), 409, "slot_taken")


def test_what_was_moved_or_cancelled_cannot_be_moved(door: Door, therapist: int):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    moved = move(door, CLIENT, booked, hour(8, 9)).json["id"]

    again = move(door, CLIENT, booked, hour(9, 9))
    refused(again, 409, "appointment_already_moved")
    assert again.json["rescheduled_to"] == moved
    refused(
        door.post(CLIENT, f"/api/v1/appointments/{booked}/cancellation", {}),
        409,
        "appointment_already_moved",
    )
    door.post(CLIENT, f"/api/v1/appointments/{moved}/cancellation", {})
    refused(move(door, CLIENT, moved, hour(9, 9)), 409, "appointment_already_cancelled")


def test_a_late_move_is_allowed_and_marked_chargeable(
    door: Door, therapist: int, clock: StandingClock, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    clock.set(clock.now().replace(day=6, hour=22))

    moved = move(door, CLIENT, booked, hour(8, 9)).json

    assert moved["is_late_change"] is True
    assert announced()[-1]["is_late_change"] is True
    assert door.get(CLIENT, f"/api/v1/appointments/{booked}").json["is_late_change"] is True
    in_time = move(door, CLIENT, moved["id"], hour(9, 9)).json
    assert in_time["is_late_change"] is True, "a mark stays after a second change"
    assert announced()[-1]["is_late_change"] is True
    cancelled = door.post(STAFF, f"/api/v1/appointments/{in_time['id']}/cancellation", {}).json
    assert cancelled["is_late_change"] is True
    history = door.get(CLIENT, f"/api/v1/appointments/{booked}/history").json["items"]
    assert [each["is_late"] for each in history if each["action"] != "booked"] == [
        True,
        False,
        False,
    ], "each change tells whether it was late itself"


def test_an_hour_of_ones_own_is_named_when_another_is_moved_there(door: Door, therapist: int):
    first = door.create_appointment(CLIENT, therapist, hour(8))["id"]
    second = door.create_appointment(CLIENT, therapist, hour(9))["id"]

    answer = move(door, CLIENT, first, hour(9))

    refused(answer, 409, "hour_already_yours")
    assert answer.json["appointment_id"] == second


def test_an_appointment_moves_into_hours_it_overlaps_itself(door: Door):
    therapist = door.create_therapist(session_minutes=80)
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    door.put(
        STAFF,
        f"/api/v1/practitioners/{therapist}/schedule",
        {
            "time_zone": "UTC",
            "weekly_hours": [{"weekday": 1, "starts": "09:30", "ends": "13:00"}],
        },
    )

    assert move(door, CLIENT, booked, hour(7, 9, 30)).status_code == 201


def test_a_token_moves_its_appointment_once(door: Door, therapist: int, database: Database):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    path = f"/api/v1/appointments/{booked}/reschedule-tokens"

    issued = door.post(CLIENT, path)

    assert issued.status_code == 201
    assert issued.json["expires_at"] == hour(6, 8, 10)
    token = issued.json["token"]
    kept = database.reading(
        lambda session: session.execute(select(RescheduleToken)).scalars().all()
    )
    assert [token in (each.token_hash, each.client_id) for each in kept] == [False]
    moved = move(door, CLIENT, booked, hour(8, 9), reschedule_token=token)
    assert moved.status_code == 201
    again = move(door, CLIENT, moved.json["id"], hour(9, 9), reschedule_token=token)
    refused(again, 422, "reschedule_token_invalid")


def test_a_token_is_good_for_ten_minutes_its_client_and_its_appointment(
    door: Door, therapist: int, clock: StandingClock
):
    mine = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    my_second = door.create_appointment(CLIENT, therapist, hour(7, 11))["id"]
    theirs = door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))["id"]
    token = door.post(CLIENT, f"/api/v1/appointments/{mine}/reschedule-tokens").json["token"]

    for who, appointment in ((OTHER_CLIENT, theirs), (CLIENT, my_second)):
        answer = move(door, who, appointment, hour(8, 9), reschedule_token=token)
        refused(answer, 422, "reschedule_token_invalid")
    refused(
        move(door, CLIENT, mine, hour(8, 9), reschedule_token="guessed"),
        422,
        "reschedule_token_invalid",
    )
    clock.advance(minutes=10)
    refused(
        move(door, CLIENT, mine, hour(8, 9), reschedule_token=token),
        422,
        "reschedule_token_invalid",
    )
    assert move(door, CLIENT, mine, hour(8, 9)).status_code == 201, "a token is optional"


def test_a_refused_move_does_not_use_the_token_up(door: Door, therapist: int):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10))
    token = door.post(CLIENT, f"/api/v1/appointments/{booked}/reschedule-tokens").json["token"]

    refused(move(door, CLIENT, booked, hour(7, 10), reschedule_token=token), 409, "slot_taken")
    assert move(door, CLIENT, booked, hour(7, 11), reschedule_token=token).status_code == 201


def test_one_token_used_at_once_moves_once(door: Door, therapist: int):
    booked = door.create_appointment(CLIENT, therapist, hour(7, 9))["id"]
    token = door.post(CLIENT, f"/api/v1/appointments/{booked}/reschedule-tokens").json["token"]
    hours = [hour(8, start) for start in (9, 10, 11, 12)]

    answers = at_the_same_time(
        [partial(move, door, CLIENT, booked, each, reschedule_token=token) for each in hours]
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_two_clients_moving_into_each_others_hours_never_break_anything(
    door: Door, therapist: int, database: Database
):
    """Three hours, two clients, two hundred moves at the same time: wins and refusals only."""
    places = {
        CLIENT: door.create_appointment(CLIENT, therapist, hour(7, 9)),
        OTHER_CLIENT: door.create_appointment(OTHER_CLIENT, therapist, hour(7, 10)),
    }
    hours = [hour(7, start) for start in (9, 10, 11)]

    def keep_moving(who: int) -> list[int]:
        chooser = random.Random(who)
        codes = []
        for _ in range(ROUNDS):
            target = chooser.choice([each for each in hours if each != places[who]["starts_at"]])
            answer = move(door, who, places[who]["id"], target)
            codes.append(answer.status_code)
            if answer.status_code == 201:
                places[who] = answer.json
        return codes

    codes = at_the_same_time([lambda: keep_moving(CLIENT), lambda: keep_moving(OTHER_CLIENT)])

    assert {code for each in codes for code in each} == {201, 409}
    assert all(201 in each for each in codes), "both clients got somewhere"
    cells = database.reading(
        lambda session: session.execute(
            select(Claim.client_id, func.count()).group_by(Claim.client_id)
        ).all()
    )
    assert sorted(tuple(row) for row in cells) == [(CLIENT, 6), (OTHER_CLIENT, 6)]
    for who in (CLIENT, OTHER_CLIENT):
        coming = door.get(who, "/api/v1/appointments").json["items"]
        assert [each["starts_at"] for each in coming] == [places[who]["starts_at"]]


def test_two_clients_of_two_therapists_crossing_over_give_no_server_error(door: Door):
    """Each leaves for the other's therapist while the other books: locks are taken in one order."""
    first, second = door.create_therapist(), door.create_therapist()
    clients = {CLIENT: (first, second), OTHER_CLIENT: (second, first)}

    def keep_crossing(who: int) -> set[int]:
        codes = set()
        for turn in range(20):
            target = clients[who][turn % 2]
            codes.add(door.select(who, target, hour(7, 9 + turn % 4)).status_code)
            codes.add(door.post(who, "/api/v1/care-relations/current/end", {}).status_code)
        return codes

    codes = at_the_same_time([lambda: keep_crossing(CLIENT), lambda: keep_crossing(OTHER_CLIENT)])

    assert set().union(*codes) <= {200, 201, 409}
    assert all({200, 201} <= each for each in codes)
