"""Pruning takes what is old and nothing else; twice is as good as once."""

from datetime import timedelta

from sqlalchemy import insert, select

from chat_service.jobs.pruning import prune
from chat_service.models.messaging import idempotency_keys
from shared.database import Database
from shared.testing.clocks import StandingClock


def test_idempotency_keys_are_forgotten_after_a_day(database: Database, clock: StandingClock):
    kept = {"account_id": 17, "route": "POST /", "body_hash": "h", "status": 201, "answer": b""}
    now = clock.now()
    rows = [
        {**kept, "key": "old", "created_at": now - timedelta(days=1, seconds=1)},
        {**kept, "key": "young", "created_at": now - timedelta(hours=23)},
    ]
    database.writing(lambda session: session.execute(insert(idempotency_keys), rows))

    prune(database, clock)
    prune(database, clock)

    left = database.reading(lambda session: list(session.scalars(select(idempotency_keys.c.key))))
    assert left == ["young"]
