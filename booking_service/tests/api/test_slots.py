"""Free hours: schedule less absences, claims, buffers and notice, within the window."""

from datetime import UTC, datetime

from booking_service.tests.factories import (
    CLIENT,
    EVERY_DAY,
    OTHER_CLIENT,
    STAFF,
    Door,
    hour,
    refused,
)
from shared.testing.clocks import StandingClock


def test_free_hours_begin_with_the_stretch_and_follow_every_hour(door: Door, therapist: int):
    answer = door.get(
        CLIENT, f"/api/v1/practitioners/{therapist}/slots?from={hour(7, 0)}&until={hour(8, 0)}"
    )

    assert answer.json == {
        "items": [
            {"starts_at": hour(7, start), "ends_at": hour(7, start, 50)}
            for start in (9, 10, 11, 12)
        ],
        "time_zone": "UTC",
    }


def test_hours_within_the_notice_are_not_offered(door: Door, therapist: int):
    # the clock stands at 08:00, two hours of notice end at 10:00
    assert door.free_hours(therapist)[:3] == [hour(6, 10), hour(6, 11), hour(6, 12)]


def test_hours_beyond_the_window_are_not_offered(door: Door):
    therapist = door.create_therapist(settings={"booking_window_days": 2})

    assert door.free_hours(therapist)[-1] == hour(7, 12)


def test_taken_hours_and_their_buffers_are_not_offered(door: Door):
    # with sessions of 80 minutes and no buffer, a hold or booking blocks exactly its own length
    therapist = door.create_therapist(session_minutes=80, settings={"buffer_minutes": 10})
    door.create_appointment(OTHER_CLIENT, therapist, hour(7, 9))

    assert [each for each in door.free_hours(therapist) if each < hour(8, 0)] == [
        hour(6, 10, 30),
        hour(7, 10, 30),
    ]


def test_a_hold_hides_the_hour_from_others_until_it_expires(
    door: Door, therapist: int, clock: StandingClock
):
    door.post(CLIENT, "/api/v1/holds", {"practitioner_id": therapist, "starts_at": hour()})

    assert hour() not in door.free_hours(therapist, who=OTHER_CLIENT)
    assert hour() in door.free_hours(therapist, who=CLIENT), "one's own hold stays bookable"
    clock.advance(minutes=5)
    assert hour() in door.free_hours(therapist, who=OTHER_CLIENT)


def test_overrides_and_absences_change_what_is_offered(door: Door, therapist: int):
    door.put(
        STAFF,
        f"/api/v1/practitioners/{therapist}/schedule",
        {
            "time_zone": "UTC",
            "weekly_hours": EVERY_DAY,
            "overrides": [
                {"date": "2026-07-08", "hours": []},
                {"date": "2026-07-09", "hours": [{"starts": "15:00", "ends": "16:00"}]},
            ],
            "absences": [{"starts_at": hour(7, 10, 30), "ends_at": hour(7, 11, 30)}],
        },
    )

    offered = [each for each in door.free_hours(therapist) if hour(7, 0) < each < hour(10, 0)]

    assert offered == [hour(7, 9), hour(7, 12), hour(9, 15)]


def test_nine_o_clock_stays_nine_o_clock_through_a_clock_change(door: Door, clock: StandingClock):
    clock.set(datetime(2026, 10, 23, 0, 0, tzinfo=UTC))
    therapist = door.create_therapist(time_zone="Europe/Budapest")

    offered = door.free_hours(therapist)

    assert "2026-10-24T07:00:00.000000Z" in offered, "summer time"
    assert "2026-10-25T08:00:00.000000Z" in offered, "winter time since 03:00 that day"


def test_a_withdrawn_therapists_hours_are_for_present_clients_only(door: Door, therapist: int):
    door.create_appointment(CLIENT, therapist, hour())
    door.delete(STAFF, f"/api/v1/practitioners/{therapist}/publication")

    assert hour(8) in door.free_hours(therapist)
    path = f"/api/v1/practitioners/{therapist}/slots"
    refused(door.get(OTHER_CLIENT, path), 404, "practitioner_not_found")
    refused(door.get(CLIENT, "/api/v1/practitioners/999/slots"), 404, "practitioner_not_found")
    refused(door.get(None, path), 404, "practitioner_not_found")


def test_bad_bounds_are_named_and_an_empty_span_is_empty(door: Door, therapist: int):
    path = f"/api/v1/practitioners/{therapist}/slots"

    answer = door.get(CLIENT, f"{path}?from=yesterday")

    refused(answer, 422, "invalid_request")
    assert "from" in answer.json["errors"]
    assert door.get(CLIENT, f"{path}?from={hour(8)}&until={hour(7)}").json["items"] == []
    assert door.get(CLIENT, f"{path}?until=2099-01-01T00:00:00Z").status_code == 200
