"""A therapist's hours: typed, kept, refused, changed elsewhere."""

from portal.tests.clients import (
    AWAY,
    SCHEDULE,
    SCHEDULE_OF_ONESELF,
    come_as_client,
)
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

PAGE = "/app/hours"
OPERATION = SCHEDULE_OF_ONESELF


def test_the_hours_are_shown_the_way_they_are_typed(therapist: VisitorWithBrowser) -> None:
    fields = therapist.get(PAGE).form(PAGE).fields
    assert fields["day-0"] == "09:00–12:00"
    assert fields["day-1"] == ""
    assert fields["version"] == '"v1"'


def test_hours_are_written_and_everything_else_stays(
    therapist: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("PUT", OPERATION, Reply(json=SCHEDULE))
    shown = therapist.send(therapist.get(PAGE), PAGE, PAGE, **{"day-1": "13–17, 18–20:30"})
    assert "Saved. Clients see it from now on." in shown.texts
    [sent] = stub.asked_for("PUT", OPERATION)
    assert sent.headers["if-match"] == '"v1"'
    assert sent.json == {
        **SCHEDULE,
        "weekly_hours": [
            {"weekday": 0, "starts": "09:00", "ends": "12:00"},
            {"weekday": 1, "starts": "13:00", "ends": "17:00"},
            {"weekday": 1, "starts": "18:00", "ends": "20:30"},
        ],
    }


def test_hours_changed_elsewhere_are_not_overwritten_and_what_was_typed_is_kept(
    therapist: VisitorWithBrowser, stub: StubGateway
) -> None:
    page = therapist.get(PAGE)
    stub.reply("GET", OPERATION, Reply(json=SCHEDULE, headers={"ETag": '"v2"'}))
    stub.reply("PUT", OPERATION, problem(412, "precondition_failed"))
    shown = therapist.send(page, PAGE, PAGE, **{"day-1": "13–17"})
    assert therapist.status == 422
    assert stub.asked_for("PUT", OPERATION)[0].headers["if-match"] == '"v1"'
    assert shown.form(PAGE).fields["day-1"] == "13–17"
    assert shown.form(PAGE).fields["version"] == '"v2"'


def test_what_are_no_hours_is_told_beside_the_day(
    therapist: VisitorWithBrowser, stub: StubGateway
) -> None:
    shown = therapist.send(therapist.get(PAGE), PAGE, PAGE, **{"day-3": "mornings"})
    assert shown.error_of("day-3") == "Write hours like 9–12, 13–17."
    assert shown.form(PAGE).fields["day-3"] == "mornings"
    assert stub.asked_for("PUT", OPERATION) == []


def test_a_time_away_is_noted_in_the_schedules_zone_and_taken_off(
    therapist: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("PUT", OPERATION, Reply(json=SCHEDULE))
    away = "/app/hours/away"
    therapist.send(
        therapist.get(PAGE), "", away, away_from="2026-08-01T09:00", away_until="2026-08-02T18:00"
    )
    therapist.send(therapist.get(PAGE), "", "/app/hours/back")
    added, removed = stub.asked_for("PUT", OPERATION)
    assert added.json["absences"] == [
        AWAY,
        {"starts_at": "2026-08-01T09:00:00+02:00", "ends_at": "2026-08-02T18:00:00+02:00",
         "reason": None},
    ]  # fmt: skip
    assert removed.json["absences"] == []
    assert removed.headers["if-match"] == '"v1"'
    shown = therapist.send(therapist.get(PAGE), "", away, away_from="yesterday", away_until="")
    assert shown.error_of("away_from") == "Write a date and a time."
    assert shown.error_of("away_until") == "Say until when."


def test_a_client_has_no_such_page(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    come_as_client(visitor, stub, clock)
    assert visitor.get(PAGE).heading == "There is no such page"
