"""The worker as a whole: what was announced leaves over the bus, and an end the store has missed is
told to it.
"""

import pytest
from sqlalchemy import select

from auth_service.settings import Settings
from auth_service.tests.factories import Person
from auth_service.worker import create_worker
from shared.database import Database
from shared.events.tables import outbox
from shared.testing.waiting import eventually


def test_what_was_announced_leaves_and_the_worker_stops_cleanly(
    settings: Settings, database: Database, person: Person, monkeypatch: pytest.MonkeyPatch
):
    assert person.log_in().status_code == 201
    published = select(outbox.c.type).where(outbox.c.published_at.is_not(None))
    # the test's own pool, which is closed after it
    monkeypatch.setattr("auth_service.worker.Database", lambda _url: database)
    worker = create_worker(settings)
    worker.start()
    try:
        eventually(
            lambda: (
                "auth.account.registered.v1"
                in database.reading(lambda session: list(session.scalars(published)))
            ),
            within_seconds=60,
        )
    finally:
        assert worker.stop()


def test_the_worker_is_put_together_from_relay_consumer_inbox_and_timed_jobs(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("auth_service.worker.Database", lambda _url: database)
    worker = create_worker(settings)
    try:
        assert sorted(worker.role_names) == [
            "consumer",
            "inbox",
            "job:announce_ended_login_sessions",
            "job:prune",
            "job:prune_messages",
            "job:sign",
            "relay",
        ]
    finally:
        assert worker.stop()
