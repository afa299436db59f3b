"""What a caller may fetch: one's own, a therapist's clients, for staff all; anything else is not
found.
"""

import pytest

from booking_service.errors import AppointmentNotFound, HoldNotFound, PractitionerNotFound
from booking_service.queries.appointments import (
    When,
    appointment_visible_to,
    appointments_visible_to,
)
from booking_service.queries.care_relations import relations_visible_to
from booking_service.queries.holds import hold_visible_to
from booking_service.queries.practitioners import (
    PractitionerFilter,
    practitioner_visible_to,
    practitioners_visible_to,
)
from booking_service.tests.factories import CLIENT, OTHER_CLIENT, STAFF, Door, hour
from shared.access_tokens import Identity
from shared.database import Database
from shared.pages import PageWanted
from shared.testing.clocks import StandingClock
from shared.testing.tokens import identity_of


def somebody(door: Door, account_id: int) -> Identity:
    return identity_of(account_id, door.role_of(account_id))


def test_an_appointment_is_seen_by_its_two_sides_and_staff(
    door: Door, therapist: int, database: Database, clock: StandingClock
):
    other_therapist = door.create_therapist()
    number = door.create_appointment(CLIENT, therapist, hour())["id"]

    def seen_by(account_id: int) -> list[int]:
        identity = somebody(door, account_id)
        page = database.reading(
            lambda session: appointments_visible_to(
                session, identity, When.ALL, clock.now(), page=PageWanted()
            )
        )
        return [appointment.id for appointment, _ in page.items]

    def found_by(account_id: int) -> int:
        identity = somebody(door, account_id)
        return database.reading(
            lambda session: appointment_visible_to(session, identity, number).id
        )

    for account_id in (CLIENT, therapist, STAFF):
        assert (found_by(account_id), seen_by(account_id)) == (number, [number])
    for account_id in (OTHER_CLIENT, other_therapist):
        assert seen_by(account_id) == []
        with pytest.raises(AppointmentNotFound):
            found_by(account_id)


def test_a_hold_is_its_clients_alone_and_only_while_it_stands(
    door: Door, therapist: int, database: Database, clock: StandingClock
):
    body = {"practitioner_id": therapist, "starts_at": hour()}
    number = door.post(CLIENT, "/api/v1/holds", body).json["id"]

    def seen_by(account_id: int) -> int:
        identity = somebody(door, account_id)
        return database.reading(
            lambda session: hold_visible_to(session, identity, number, clock.now()).id
        )

    assert seen_by(CLIENT) == number
    for account_id in (OTHER_CLIENT, therapist, STAFF):
        with pytest.raises(HoldNotFound):
            seen_by(account_id)
    clock.advance(hours=1)
    with pytest.raises(HoldNotFound):
        seen_by(CLIENT)


def test_care_relations_are_seen_by_their_two_sides_and_staff(
    door: Door, therapist: int, database: Database
):
    other_therapist = door.create_therapist()
    door.create_appointment(CLIENT, therapist, hour())
    door.create_appointment(OTHER_CLIENT, therapist, hour(8))

    def clients_seen_by(account_id: int, *, is_active: bool | None = None) -> list[int]:
        identity = somebody(door, account_id)
        page = database.reading(
            lambda session: relations_visible_to(
                session, identity, is_active=is_active, page=PageWanted()
            )
        )
        return sorted(row.client_id for row in page.items)

    assert clients_seen_by(CLIENT) == [CLIENT]
    assert clients_seen_by(therapist) == [CLIENT, OTHER_CLIENT]
    assert clients_seen_by(STAFF) == [CLIENT, OTHER_CLIENT]
    assert clients_seen_by(other_therapist) == []
    door.post(CLIENT, "/api/v1/care-relations/current/end", {})
    assert clients_seen_by(therapist, is_active=True) == [OTHER_CLIENT]
    assert clients_seen_by(therapist, is_active=False) == [CLIENT]


def test_an_unlisted_therapist_is_seen_by_oneself_staff_and_ones_present_clients(
    door: Door, therapist: int, database: Database
):
    door.create_appointment(CLIENT, therapist, hour())

    def sees(account_id: int) -> bool:
        identity = somebody(door, account_id)
        try:
            database.reading(lambda session: practitioner_visible_to(session, identity, therapist))
        except PractitionerNotFound:
            return False
        return True

    def lists(account_id: int) -> bool:
        identity = somebody(door, account_id)
        page = database.reading(
            lambda session: practitioners_visible_to(
                session, identity, PractitionerFilter(), PageWanted()
            )
        )
        return therapist in [row.id for row in page.items]

    assert sees(OTHER_CLIENT)
    assert lists(OTHER_CLIENT)
    door.delete(STAFF, f"/api/v1/practitioners/{therapist}/publication")
    assert [sees(each) for each in (therapist, STAFF, CLIENT, OTHER_CLIENT)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert [lists(each) for each in (therapist, STAFF, CLIENT, OTHER_CLIENT)] == [
        True, True, False, False,
    ]  # fmt: skip
