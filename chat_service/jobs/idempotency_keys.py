"""Forgetting idempotency keys whose day is over."""

from shared.clock import Clock
from shared.database import Database
from shared.events.worker import Job
from shared.http.idempotency import prune_idempotency_keys

EVERY_SECONDS = 3600.0


def pruning_job(database: Database, clock: Clock) -> Job:
    """Make the job that deletes what is older than a day."""

    def run() -> None:
        database.writing(lambda session: prune_idempotency_keys(session, clock.now()))

    return Job(name="prune_idempotency_keys", every_seconds=EVERY_SECONDS, run=run)
