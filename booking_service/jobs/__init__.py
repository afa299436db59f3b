"""Entrance 3, timed work, safe with several workers."""

from booking_service.jobs.expired_rows import delete_expired_rows
from shared.clock import Clock
from shared.database import Database
from shared.events.worker import Job


def jobs(database: Database, clock: Clock) -> list[Job]:
    """Give every timed job of this service."""
    return [
        Job(
            name="expired_rows",
            every_seconds=60,
            run=lambda: delete_expired_rows(database, clock),
        )
    ]
