"""Deleting what nobody needs any more."""

from shared.clock import Clock
from shared.database import Database
from shared.http.idempotency import prune_idempotency_keys

EVERY_SECONDS = 3600


def prune(database: Database, clock: Clock) -> None:
    """Delete old idempotency keys."""
    database.writing(lambda session: prune_idempotency_keys(session, clock.now()))
