"""Everybody sees their own notifications; nobody sees others', staff neither."""

from collections.abc import Callable

import pytest

from notification_service.queries.notifications import (
    notifications_visible_to,
    unread_count_visible_to,
)
from notification_service.tests.factories import CLIENT, THERAPIST, event
from shared.database import Database
from shared.pages import PageWanted
from shared.testing.tokens import identity_of


def seen_by(database: Database, account_id: int, role: str) -> tuple[list[str], int]:
    identity = identity_of(account_id, role)
    return database.reading(
        lambda session: (
            [row.kind for row in notifications_visible_to(session, identity, PageWanted()).items],
            unread_count_visible_to(session, identity),
        )
    )


@pytest.fixture(autouse=True)
def booked(hear: Callable) -> None:
    hear(event("booking.appointment.booked.v1", client_id=CLIENT, practitioner_id=THERAPIST))


def test_each_side_sees_what_it_was_told(database: Database):
    assert seen_by(database, CLIENT, "client") == (["appointment_booked_for_client"], 1)
    assert seen_by(database, THERAPIST, "therapist") == (["appointment_booked_for_therapist"], 1)


@pytest.mark.parametrize("role", ["client", "therapist", "moderator", "admin"])
def test_nobody_sees_what_others_were_told(database: Database, role: str):
    assert seen_by(database, 4711, role) == ([], 0)


def test_the_newest_come_first_and_no_more_than_asked_for(hear: Callable, database: Database):
    hear(event("booking.appointment.cancelled.v1", client_id=CLIENT, practitioner_id=THERAPIST))
    identity = identity_of(CLIENT)
    one = PageWanted(limit=1)
    page = database.reading(lambda session: notifications_visible_to(session, identity, one))
    assert [row.kind for row in page.items] == ["appointment_cancelled_for_client"]
    rest = PageWanted(limit=1, after=page.next)
    last = database.reading(lambda session: notifications_visible_to(session, identity, rest))
    assert [row.kind for row in last.items] == ["appointment_booked_for_client"]
    assert last.next is None
