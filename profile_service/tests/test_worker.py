"""The worker as a whole: an account is heard of, and the profile is announced over the bus."""

import pytest
from sqlalchemy import select

from profile_service.settings import Settings
from profile_service.tests.factories import event
from profile_service.worker import create_worker
from shared.clock import SystemClock
from shared.database import Database
from shared.events.inbox import receive
from shared.events.tables import outbox
from shared.testing.waiting import eventually


def test_a_registered_account_is_taken_over_and_announced_and_the_worker_stops_cleanly(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
):
    published = select(outbox.c.type).where(outbox.c.published_at.is_not(None))
    # the test's own pool, which is closed after it
    monkeypatch.setattr("profile_service.worker.Database", lambda _url: database)
    worker = create_worker(settings)
    worker.start()
    try:
        receive(database, [event("auth.account.registered.v1").to_json()], SystemClock())
        found = eventually(
            lambda: database.reading(lambda session: list(session.scalars(published))),
            within_seconds=60,
        )
        assert found == ["profile.profile.changed.v1"]
    finally:
        assert worker.stop()


def test_the_worker_is_put_together_from_relay_consumer_inbox_and_timed_jobs(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("profile_service.worker.Database", lambda _url: database)
    worker = create_worker(settings)
    try:
        assert sorted(worker.role_names) == [
            "consumer",
            "inbox",
            "job:prune",
            "job:prune_messages",
            "job:sign",
            "relay",
        ]
    finally:
        assert worker.stop()
