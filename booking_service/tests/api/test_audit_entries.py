"""What staff do and read leaves a trace that nobody can take away; one's own affairs leave none."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from booking_service.tests.factories import (
    CLIENT,
    EVERY_DAY,
    STAFF,
    Door,
    hour,
    practitioner_body,
)
from shared.audit_entries import audit_entries
from shared.database import Database

FIELDS = audit_entries.c.act, audit_entries.c.account_id, audit_entries.c.actor_id


@pytest.fixture
def entries(database: Database, therapist: int):
    """Give what was recorded since the therapist was there: act, whose, by whom."""
    wanted = select(*FIELDS).order_by(audit_entries.c.id)

    def read() -> list[tuple[str, int | None, int | None]]:
        rows = database.reading(lambda session: session.execute(wanted).all())
        return [(row.act, row.account_id, row.actor_id) for row in rows]

    before = len(read())
    return lambda: read()[before:]


def test_what_staff_do_is_recorded_with_whom_it_concerns(door: Door, therapist: int, entries):
    path = f"/api/v1/practitioners/{therapist}"
    assert door.put(STAFF, path, practitioner_body()).status_code == 200
    assert door.delete(STAFF, f"{path}/publication").status_code == 200
    assert door.put(STAFF, f"{path}/publication").status_code == 200
    schedule = {"time_zone": "UTC", "weekly_hours": EVERY_DAY}
    assert door.put(STAFF, f"{path}/schedule", schedule).status_code == 200
    booked = door.book(STAFF, therapist, hour(8), client_id=CLIENT)
    assert booked.status_code == 201
    moved = door.post(
        STAFF, f"/api/v1/appointments/{booked.json['id']}/reschedule", {"starts_at": hour(9)}
    )
    assert moved.status_code == 201
    one = f"/api/v1/appointments/{moved.json['id']}"
    assert door.post(STAFF, f"{one}/cancellation", {}).status_code == 200
    assert entries() == [
        ("practitioner_written", therapist, STAFF),
        ("practitioner_withdrawn", therapist, STAFF),
        ("practitioner_published", therapist, STAFF),
        ("schedule_replaced", therapist, STAFF),
        ("appointment_booked", CLIENT, STAFF),
        ("appointment_moved", CLIENT, STAFF),
        ("appointment_cancelled", CLIENT, STAFF),
    ]


def test_what_staff_read_of_others_is_recorded(door: Door, therapist: int, entries):
    one = door.create_appointment(CLIENT, therapist, hour(8))["id"]
    for path in (
        f"/api/v1/practitioners/{therapist}/calendar",
        f"/api/v1/practitioners/{therapist}/schedule",
        "/api/v1/appointments",
        f"/api/v1/appointments?client_id={CLIENT}",
        f"/api/v1/appointments/{one}",
        f"/api/v1/appointments/{one}/history",
        "/api/v1/care-relations",
    ):
        assert door.get(STAFF, path).status_code == 200, path
    assert entries() == [
        ("calendar_read", therapist, STAFF),
        ("schedule_read", therapist, STAFF),
        ("appointments_listed", None, STAFF),
        ("appointments_listed", CLIENT, STAFF),
        ("appointment_read", CLIENT, STAFF),
        ("appointment_history_read", CLIENT, STAFF),
        ("care_relations_listed", None, STAFF),
    ]


def test_ones_own_affairs_and_refusals_leave_no_trace(door: Door, therapist: int, entries):
    one = door.create_appointment(CLIENT, therapist, hour(8))["id"]
    assert door.get(CLIENT, "/api/v1/appointments").status_code == 200
    assert door.get(CLIENT, f"/api/v1/appointments/{one}").status_code == 200
    assert door.get(therapist, f"/api/v1/practitioners/{therapist}/calendar").status_code == 200
    assert door.get(therapist, "/api/v1/care-relations").status_code == 200
    assert door.get(STAFF, "/api/v1/appointments/999").status_code == 404
    assert door.book(STAFF, therapist, hour(8), client_id=CLIENT).status_code == 409
    assert entries() == []


def test_cards_and_leaving_a_therapist_are_recorded(door: Door, therapist: int, entries):
    card = {
        "holder_name": "A",
        "number": "4242424242424242",
        "expiry": "12/30",
        "verification_code": "123",
    }
    assert door.delete(CLIENT, "/api/v1/payment-methods").status_code == 404
    assert door.post(CLIENT, "/api/v1/payment-methods", card).status_code == 201
    assert door.delete(CLIENT, "/api/v1/payment-methods").status_code == 204
    door.create_appointment(CLIENT, therapist, hour(8))
    assert door.post(CLIENT, "/api/v1/care-relations/current/end", {}).status_code == 200
    assert entries() == [
        ("card_stored", CLIENT, CLIENT),
        ("card_removed", CLIENT, CLIENT),
        ("therapist_left", CLIENT, CLIENT),
    ]


def test_an_entry_says_in_which_request_and_never_what(
    door: Door, therapist: int, entries, database: Database
):
    schedule = {"time_zone": "UTC", "weekly_hours": EVERY_DAY}
    path = f"/api/v1/practitioners/{therapist}/schedule"
    headers = {"X-Request-ID": "a" * 32, "If-Match": "*"}
    answer = door.call("PUT", STAFF, path, schedule, headers=headers)
    wanted = select(audit_entries).order_by(audit_entries.c.id.desc()).limit(1)
    row = database.reading(lambda session: session.execute(wanted).one())
    assert row.correlation_id == answer.headers["X-Request-ID"]
    assert "09:00" not in str(row)


def test_the_database_refuses_to_change_or_delete_an_entry(
    door: Door, therapist: int, entries, database: Database
):
    for statement in (update(audit_entries).values(act="nothing"), delete(audit_entries)):
        with pytest.raises(DBAPIError, match="append-only"):
            database.writing(lambda session, statement=statement: session.execute(statement))  # type: ignore[misc]
