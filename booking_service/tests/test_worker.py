"""The worker as a whole: an account is heard of and an appointment announced over the bus."""

import pytest
from sqlalchemy import select

from booking_service.domain.people import remembered_account
from booking_service.settings import Settings
from booking_service.tests.factories import CLIENT, Door, hour
from booking_service.worker import create_worker
from shared.clock import SystemClock
from shared.database import Database
from shared.events.catalogue import shipped_example
from shared.events.inbox import receive
from shared.events.tables import outbox
from shared.testing.waiting import eventually


def test_what_was_booked_leaves_what_was_told_is_kept_and_the_worker_stops_cleanly(
    settings: Settings,
    database: Database,
    door: Door,
    therapist: int,
    monkeypatch: pytest.MonkeyPatch,
):
    door.create_appointment(CLIENT, therapist, hour())
    told = shipped_example("auth.account.registered.v1")
    waiting = select(outbox.c.sequence).where(outbox.c.published_at.is_(None))
    # the test's own pool, which is closed after it
    monkeypatch.setattr("booking_service.worker.Database", lambda _url, **_more: database)
    worker = create_worker(settings)
    worker.start()
    try:
        receive(database, [told.to_json()], SystemClock())
        number = told.data["account_id"]
        eventually(
            lambda: database.reading(
                lambda session: (
                    session.execute(waiting).first() is None
                    and remembered_account(session, number) is not None
                )
            ),
            within_seconds=60,
        )
    finally:
        assert worker.stop()


def test_the_worker_is_put_together_from_relay_consumer_inbox_and_timed_jobs(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("booking_service.worker.Database", lambda _url, **_more: database)
    worker = create_worker(settings)
    try:
        assert sorted(worker.role_names) == [
            "consumer",
            "inbox",
            "job:prune",
            "job:prune_messages",
            "job:seal",
            "job:sign",
            "relay",
        ]
    finally:
        assert worker.stop()
