"""Schedules: replaced as a whole, refused when they contradict themselves."""

from functools import partial

import pytest

from booking_service.tests.factories import (
    CLIENT,
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
        ({"time_zone": "Asia/Kathmandu"}, "time_zone"),
        ({"time_zone": "Nowhere"}, "time_zone"),
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
