"""Schedules: replaced as a whole, refused when they contradict themselves."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    OTHER_THERAPIST,
    STAFF,
    Door,
    hour,
    refused,
)
from shared.testing.waiting import at_the_same_time

SCHEDULE = {
    "time_zone": "Europe/Budapest",
    "weekly_hours": [{"weekday": 0, "starts": "09:00", "ends": "13:00"}],
    "overrides": [
        {"date": "2026-07-20", "hours": []},
        {"date": "2026-07-21", "hours": [{"starts": "22:00", "ends": "24:00"}]},
    ],
    "absences": [{"starts_at": hour(13), "ends_at": hour(14), "reason": "Holiday"}],
}


def test_a_schedule_is_given_back_as_it_was_written(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}/schedule"

    assert door.put(STAFF, path, SCHEDULE).json == SCHEDULE
    assert door.get(therapist, path).json == SCHEDULE
    assert door.put(therapist, path, SCHEDULE).json == SCHEDULE, "written twice it is the same"
    record = door.get(CLIENT, f"/api/v1/practitioners/{therapist}").json
    assert record["time_zone"] == "Europe/Budapest"


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham"])
def test_hours_of_a_zone_off_the_cells_are_offered_booked_and_moved(door: Door, zone: str):
    therapist = door.create_therapist(time_zone=zone)
    free = door.free_hours(therapist)
    assert all(each[14:16] == "15" for each in free), "whole hours there"

    first, second = free[8:10]
    booked = door.create_appointment(CLIENT, therapist, first)
    refused(door.book(OTHER_CLIENT, therapist, first), 409, "slot_taken")
    assert door.book(OTHER_CLIENT, therapist, second).status_code == 201, "right after it"
    left = door.free_hours(therapist)
    assert left == [each for each in free if each not in (first, second)]
    moved = door.post(
        CLIENT, f"/api/v1/appointments/{booked['id']}/reschedule", {"starts_at": left[10]}
    )
    assert moved.status_code == 201
    assert first in door.free_hours(therapist)


@pytest.mark.parametrize(
    ("before", "after"), [("UTC", "Asia/Kathmandu"), ("Asia/Kathmandu", "UTC")]
)
def test_after_a_change_of_zone_no_hour_overlaps_what_stands(door: Door, before: str, after: str):
    back_to_back: dict[str, Any] = {"session_minutes": 60, "settings": {"buffer_minutes": 0}}
    whole_day = [{"weekday": day, "starts": "00:00", "ends": "24:00"} for day in range(7)]
    therapist = door.create_therapist(time_zone=before, weekly_hours=whole_day, **back_to_back)
    booked = [door.free_hours(therapist)[each] for each in (20, 25, 40)]
    for starts_at, who in zip(booked, (CLIENT, OTHER_CLIENT, OTHER_CLIENT), strict=True):
        door.create_appointment(who, therapist, starts_at)
    path = f"/api/v1/practitioners/{therapist}/schedule"
    schedule = {"time_zone": after, "weekly_hours": whole_day}
    assert door.put(STAFF, path, schedule).status_code == 200

    offered = door.free_hours(therapist, who=3000)
    for starts_at in booked:
        for free in offered:
            apart = datetime.fromisoformat(free) - datetime.fromisoformat(starts_at)
            assert abs(apart) >= timedelta(hours=1), (starts_at, free)
    start = datetime.fromisoformat(booked[0])
    neighbours = [
        each for each in offered
        if abs(datetime.fromisoformat(each) - start) < timedelta(hours=2)
    ]  # fmt: skip
    assert len(neighbours) == 2, "only what overlaps is gone"
    assert door.book(3000, therapist, neighbours[0]).status_code == 201


def test_a_schedule_is_for_the_therapist_and_staff(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}/schedule"

    for who in (CLIENT, OTHER_THERAPIST):
        refused(door.get(who, path), 403, "not_allowed")
        refused(door.put(who, path, SCHEDULE), 403, "not_allowed")
    refused(door.get(STAFF, "/api/v1/practitioners/999/schedule"), 404, "practitioner_not_found")
    refused(
        door.put(STAFF, "/api/v1/practitioners/999/schedule", SCHEDULE),
        404,
        "practitioner_not_found",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        *(
            ({"time_zone": zone}, "time_zone")
            for zone in ("Nowhere", "Factory", "localtime", "posix/Europe/Paris", "right/UTC")
        ),
        ({"weekly_hours": [{"weekday": 7, "starts": "09:00", "ends": "10:00"}]}, "weekly_hours"),
        ({"weekly_hours": [{"weekday": 1, "starts": "9:00", "ends": "10:00"}]}, "weekly_hours"),
        ({"weekly_hours": [{"weekday": 1, "starts": "09:05", "ends": "10:00"}]}, "weekly_hours"),
        ({"weekly_hours": [{"weekday": 1, "starts": "10:00", "ends": "10:00"}]}, "weekly_hours"),
        (
            {
                "weekly_hours": [
                    {"weekday": 1, "starts": "09:00", "ends": "11:00"},
                    {"weekday": 1, "starts": "10:00", "ends": "12:00"},
                ]
            },
            "weekly_hours",
        ),
        (
            {
                "overrides": [
                    {"date": "2026-07-20", "hours": []},
                    {"date": "2026-07-20", "hours": []},
                ]
            },
            "overrides",
        ),
        ({"overrides": [{"date": "2026-02-31", "hours": []}]}, "overrides"),
        ({"absences": [{"starts_at": hour(9), "ends_at": hour(8)}]}, "absences"),
        ({"absences": [{"starts_at": "tomorrow", "ends_at": hour(8)}]}, "absences"),
    ],
)
def test_a_schedule_that_contradicts_itself_is_refused(
    door: Door, therapist: int, changes: dict, field: str
):
    path = f"/api/v1/practitioners/{therapist}/schedule"
    before = door.get(STAFF, path).json

    answer = door.put(STAFF, path, {**SCHEDULE, **changes})

    refused(answer, 422, "invalid_request")
    assert any(name.split(".")[0] == field for name in answer.json["errors"])
    assert door.get(STAFF, path).json == before


def test_a_schedule_written_from_an_older_copy_takes_no_holiday_away(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}/schedule"
    seen = door.get(STAFF, path)
    tag = {"If-Match": seen.headers["ETag"]}
    assert door.get(therapist, path).headers["ETag"] == seen.headers["ETag"]

    first = door.call("PUT", STAFF, path, SCHEDULE, headers=tag)
    stale = door.call("PUT", therapist, path, {"time_zone": "UTC"}, headers=tag)
    silent = door.call("PUT", therapist, path, {"time_zone": "UTC"})
    weak = {"If-Match": f"W/{first.headers['ETag']}"}

    assert first.status_code == 200
    refused(stale, 412, "precondition_failed")
    refused(silent, 428, "precondition_required")
    refused(door.call("PUT", therapist, path, SCHEDULE, headers=weak), 412, "precondition_failed")
    assert door.get(STAFF, path).json == SCHEDULE
    many = {"If-Match": f'"other", {first.headers["ETag"]}'}
    assert door.call("PUT", therapist, path, SCHEDULE, headers=many).status_code == 200
    assert door.call("PUT", STAFF, path, {"time_zone": "UTC"}, headers={"If-Match": "*"}).json == {
        "time_zone": "UTC",
        "weekly_hours": [],
        "overrides": [],
        "absences": [],
    }
    assert door.call("PUT", STAFF, path, SCHEDULE).status_code == 200, "nothing was there to lose"


def test_of_two_editors_at_once_one_is_told(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}/schedule"
    tag = {"If-Match": door.get(STAFF, path).headers["ETag"]}
    bodies = [{**SCHEDULE, "overrides": SCHEDULE["overrides"][:count]} for count in (0, 1, 2)]

    answers = at_the_same_time(
        [partial(door.call, "PUT", STAFF, path, body, headers=tag) for body in bodies]
    )

    assert sorted(each.status_code for each in answers) == [200, 412, 412]


def test_schedules_written_at_once_leave_one_of_them_whole(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}/schedule"
    wanted = [
        {
            "time_zone": "UTC",
            "weekly_hours": [
                {"weekday": day, "starts": f"{start:02}:00", "ends": f"{start + 2:02}:00"}
                for day in range(7)
            ],
        }
        for start in (8, 11, 14, 17)
    ]

    answers = at_the_same_time([partial(door.put, STAFF, path, body) for body in wanted])

    assert [answer.status_code for answer in answers] == [200] * 4
    assert door.get(STAFF, path).json["weekly_hours"] in [each["weekly_hours"] for each in wanted]
