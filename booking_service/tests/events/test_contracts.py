"""What is announced fits its contract, and the contracts' examples fit what is announced."""

from collections.abc import Callable

from booking_service.tests.factories import CLIENT, STAFF, Door, hour
from shared.events.catalogue import SHIPPED_DIRECTORY, load_example, shipped_catalogue
from shared.events.envelope import Event
from shared.testing.contract_checks import events_off_contract


def test_every_type_of_this_service_is_announced_as_its_contract_says(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour())
    door.post(CLIENT, f"/api/v1/appointments/{booked['id']}/reschedule", {"starts_at": hour(8)})
    door.post(CLIENT, "/api/v1/care-relations/current/end", {})
    door.delete(STAFF, f"/api/v1/practitioners/{therapist}/publication")

    events = [
        Event(type=each.pop("type"), subject=each.pop("subject"), data=each) for each in announced()
    ]

    assert events_off_contract("booking_service", events) == []
    for event in events:
        entry = shipped_catalogue().entry(event.type)
        example = load_example(SHIPPED_DIRECTORY, entry)
        entry.check(subject=example.subject, data=example.data)
        assert set(example.data) <= set(event.data), "the example holds only what is really sent"


def test_no_event_says_why_or_how_to_reach_anybody(
    door: Door, therapist: int, announced: Callable[[], list[dict]]
):
    booked = door.create_appointment(CLIENT, therapist, hour())
    path = f"/api/v1/appointments/{booked['id']}/cancellation"
    door.post(CLIENT, path, {"reason": "canary-reason"})
    door.post(
        CLIENT,
        "/api/v1/care-relations/current/end",
        {"reasons": [3], "more_reasons": "canary-more", "wants_call": True},
    )

    told = str(announced())

    assert "canary" not in told
    assert "@hearth" in told, "the calendar's UID is no address of anybody"
    assert "reason" not in told.replace("no reason", "")
