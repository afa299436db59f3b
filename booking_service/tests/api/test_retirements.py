"""Therapists whose account is locked or lost the role: they retire from the moment auth knows it,
whether or not an event was heard.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

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

LOSSES: list[dict[str, Any]] = [{"is_locked": True}, {"role": "client"}, {"role": "moderator"}]
lost = pytest.mark.parametrize("loss", LOSSES, ids=str)
NOTHING = {"practitioner": None, "next_appointment": None, "started_at": None}


@lost
def test_no_hours_holds_bookings_or_selections_before_any_event(
    door: Door, therapist: int, accounts: StandInAccounts, loss: dict
):
    accounts.change(therapist, **loss)

    refused(
        door.get(CLIENT, f"/api/v1/practitioners/{therapist}/slots"), 404, "practitioner_not_found"
    )
    refused(door.hold(CLIENT, therapist, hour()), 404, "practitioner_not_found")
    refused(door.book(CLIENT, therapist, hour()), 404, "practitioner_not_found")
    refused(door.select(CLIENT, therapist, hour()), 404, "practitioner_not_found")
    accounts.add(CLIENT, "Irina", "Belova", "client")
    refused(door.book(STAFF, therapist, hour(), client_id=CLIENT), 404, "practitioner_not_found")
    assert door.get(CLIENT, "/api/v1/matches").json["items"] == []
    assert door.free_hours(therapist, who=STAFF) == []
    refused(
        door.put(STAFF, f"/api/v1/practitioners/{therapist}/publication"),
        409,
        "account_is_not_therapist",
    )


@lost
def test_what_is_coming_is_cancelled_and_the_client_told_before_any_event(
    door: Door, therapist: int, accounts: StandInAccounts, loss: dict,
    announced: Callable[[], list[dict]], clock: StandingClock,
):  # fmt: skip
    running = door.create_appointment(CLIENT, therapist, hour())
    coming = door.create_appointment(CLIENT, therapist, hour(8))
    other = door.create_appointment(OTHER_CLIENT, therapist, hour(9))
    clock.set(clock.now().replace(day=7, hour=9, minute=10))
    accounts.change(therapist, **loss)

    listed = door.get(CLIENT, "/api/v1/appointments").json["items"]

    assert [each["id"] for each in listed] == [running["id"]], "what goes on is not cancelled"
    for each in (coming, other):
        found = door.get(STAFF, f"/api/v1/appointments/{each['id']}").json
        assert (found["state"], found["is_late_change"]) == ("cancelled", False)
    told = [each for each in announced() if each["type"] == "booking.appointment.cancelled.v1"]
    assert {(each["appointment_id"], each["changed_by"]) for each in told} == {
        (coming["id"], "staff"),
        (other["id"], "staff"),
    }
    assert "booking.practitioner.withdrawn.v1" in {each["type"] for each in announced()}


@lost
def test_the_present_therapist_is_asked_about_before_the_client_is_told_of_them(
    door: Door, therapist: int, accounts: StandInAccounts, loss: dict
):
    door.create_appointment(CLIENT, therapist, hour())
    accounts.change(therapist, **loss)

    current = door.get(CLIENT, "/api/v1/care-relations/current").json

    assert current["next_appointment"] is None
    is_gone = "role" in loss
    assert (current == NOTHING) is is_gone, "a lock may be taken back, a role is gone"


@lost
def test_nobody_is_in_care_with_them(
    door: Door, therapist: int, accounts: StandInAccounts, loss: dict
):
    door.create_appointment(CLIENT, therapist, hour())
    pair = f"/internal/v1/care-relations?client_id={CLIENT}&practitioner_id={therapist}"
    assert len(door.internal("GET", pair).json["items"]) == 1
    accounts.change(therapist, **loss)

    for query in (pair, f"/internal/v1/care-relations?client_id={CLIENT}"):
        assert door.internal("GET", query).json["items"] == []


@lost
def test_an_appointment_is_neither_moved_nor_prepared_to_be(
    door: Door, therapist: int, accounts: StandInAccounts, loss: dict
):
    booked = door.create_appointment(CLIENT, therapist, hour())["id"]
    accounts.change(therapist, **loss)
    path = f"/api/v1/appointments/{booked}"

    prepared = door.internal(
        "POST", "/internal/v1/reschedule-tokens", {"practitioner_id": therapist, "days": 3},
        who=CLIENT,
    )  # fmt: skip
    assert prepared.status_code == 409
    refused(door.post(CLIENT, f"{path}/reschedule-tokens"), 409, "appointment_already_cancelled")
    moved = door.post(CLIENT, f"{path}/reschedule", {"starts_at": hour(8)})
    refused(moved, 409, "appointment_already_cancelled")


@lost
def test_the_event_does_the_same_once(
    door: Door, therapist: int, tell: Callable[..., str], loss: dict,
    accounts: StandInAccounts, announced: Callable[[], list[dict]],
):  # fmt: skip
    door.create_appointment(CLIENT, therapist, hour())
    door.hold(OTHER_CLIENT, therapist, hour(8))
    account = accounts.change(therapist, **loss)
    told = {
        "account_id": therapist,
        "role": account.role,
        "is_locked": account.is_locked,
        "version": account.version,
    }

    for _ in range(2):
        assert tell("auth.account.changed.v1", **told) == "done"
    door.get(CLIENT, "/api/v1/appointments")

    types = [each["type"] for each in announced()]
    assert types.count("booking.appointment.cancelled.v1") == 1
    assert types.count("booking.practitioner.withdrawn.v1") == 1
    assert types.count("booking.care_relation.ended.v1") == ("role" in loss)
    assert door.get(OTHER_CLIENT, "/api/v1/holds").json["items"] == []


def test_asked_by_many_at_once_it_happens_once(
    door: Door, therapist: int, accounts: StandInAccounts, announced: Callable[[], list[dict]]
):
    for day in (7, 8, 9):
        door.create_appointment(CLIENT, therapist, hour(day))
    accounts.change(therapist, role="client")

    asking = [partial(door.select, who, therapist, hour(10)) for who in range(2000, 2004)]
    assert {each.status_code for each in at_the_same_time(asking)} == {404}

    types = [each["type"] for each in announced()]
    assert types.count("booking.appointment.cancelled.v1") == 3
    assert types.count("booking.care_relation.ended.v1") == 1


def test_while_auth_is_down_the_copy_decides(
    door: Door, therapist: int, accounts: StandInAccounts, tell: Callable[..., str]
):
    accounts.is_down = True
    assert door.book(CLIENT, therapist, hour()).status_code == 201
    tell(
        "auth.account.changed.v1", account_id=therapist, role="therapist", is_locked=True, version=9
    )
    refused(door.book(CLIENT, therapist, hour(8)), 404, "practitioner_not_found")
    assert door.free_hours(therapist) == []


def test_an_unlocked_therapist_is_listed_again_by_staff_and_offers_hours(
    door: Door, therapist: int, accounts: StandInAccounts
):
    accounts.change(therapist, is_locked=True)
    refused(door.book(CLIENT, therapist, hour()), 404, "practitioner_not_found")
    accounts.change(therapist, is_locked=False)

    refused(door.book(CLIENT, therapist, hour()), 404, "practitioner_not_found")
    assert door.put(STAFF, f"/api/v1/practitioners/{therapist}/publication").status_code == 200
    assert door.book(CLIENT, therapist, hour()).status_code == 201


def test_an_account_auth_does_not_know_takes_no_bookings(
    door: Door, therapist: int, accounts: StandInAccounts
):
    del accounts.known[therapist]

    refused(door.book(CLIENT, therapist, hour()), 404, "practitioner_not_found")
    refused(door.hold(CLIENT, therapist, hour()), 404, "practitioner_not_found")


@pytest.mark.parametrize(
    ("account_id", "role", "code"),
    [
        (999_999, None, "account_not_found"),
        (777, "therapist", "account_is_not_client"),
        (3, "moderator", "account_is_not_client"),
        (4, "admin", "account_is_not_client"),
    ],
)
def test_staff_book_for_clients_only(
    door: Door, therapist: int, accounts: StandInAccounts, account_id: int, role: str | None,
    code: str, announced: Callable[[], list[dict]],
):  # fmt: skip
    if role is not None:
        accounts.add(account_id, "Eva", "Nagy", role)
    before = announced()

    answer = door.book(STAFF, therapist, hour(), client_id=account_id)

    refused(answer, 404 if role is None else 409, code)
    assert announced() == before
    refused(door.book(STAFF, therapist, hour(), client_id=therapist), 409, "account_is_not_client")


def test_staff_do_not_book_for_a_locked_client(
    door: Door, therapist: int, accounts: StandInAccounts
):
    accounts.add(CLIENT, "Irina", "Belova", "client")
    assert door.book(STAFF, therapist, hour(), client_id=CLIENT).status_code == 201
    accounts.change(CLIENT, is_locked=True)
    refused(door.book(STAFF, therapist, hour(8), client_id=CLIENT), 409, "account_is_not_client")
