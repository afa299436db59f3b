"""The sweep takes what has expired and nothing else; twice is as good as once."""

from sqlalchemy import func, select

from booking_service.jobs.pruning import prune
from booking_service.models.claims import Claim
from booking_service.models.holds import Hold
from booking_service.models.messaging import idempotency_keys
from booking_service.models.reschedule_tokens import RescheduleToken
from booking_service.tests.factories import CLIENT, OTHER_CLIENT, Door, hour
from shared.database import Database
from shared.testing.clocks import StandingClock


def counts(database: Database) -> list[int]:
    return [
        database.reading(
            lambda session, table=table: session.execute(  # type: ignore[misc]
                select(func.count()).select_from(table)
            ).scalar_one()
        )
        for table in (Hold, Claim, RescheduleToken, idempotency_keys)
    ]


def test_expired_rows_are_deleted_and_standing_ones_stay(
    door: Door, therapist: int, database: Database, clock: StandingClock
):
    headers = {"Idempotency-Key": "k"}
    body = {"practitioner_id": therapist, "starts_at": hour(7, 9)}
    booked = door.post(CLIENT, "/api/v1/appointments", body, headers=headers).json
    door.post(CLIENT, f"/api/v1/appointments/{booked['id']}/reschedule-tokens")
    door.post(OTHER_CLIENT, "/api/v1/holds", {**body, "starts_at": hour(7, 10)})

    prune(database, clock)
    assert counts(database) == [1, 12, 1, 1]
    clock.advance(minutes=10)
    prune(database, clock)
    prune(database, clock)
    assert counts(database) == [0, 6, 0, 1]
    clock.advance(days=1)
    prune(database, clock)
    assert counts(database) == [0, 6, 0, 0]
