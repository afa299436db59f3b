"""Forgetting what is no longer needed."""

from datetime import timedelta

from shared.clock import Clock
from shared.database import Database
from shared.http.idempotency import prune_idempotency_keys

EVERY = timedelta(hours=1)


def prune(database: Database, clock: Clock) -> bool:
    """Delete old idempotency keys; nothing more waits afterwards."""
    database.writing(lambda session: prune_idempotency_keys(session, clock.now()))
    return False
