"""The worker as a whole: an event comes in over the embedded bus and a mail lies in the folder."""

import email
import email.policy
from dataclasses import replace
from pathlib import Path

import pytest

from notification_service.settings import Settings
from notification_service.tests.factories import code
from notification_service.worker import create_worker
from shared.clock import SystemClock
from shared.database import Database
from shared.events.inbox import receive
from shared.testing.waiting import eventually


def test_a_code_that_came_in_lies_in_the_mail_folder_soon_and_the_worker_stops_cleanly(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "mailbox"
    # the test's own pool, which is closed after it
    monkeypatch.setattr("notification_service.worker.Database", lambda _url: database)
    worker = create_worker(replace(settings, mail_url=f"file://{folder}"))
    worker.start()
    try:
        clock = SystemClock()
        receive(database, [code(clock, locale="en").to_json()], clock)  # type: ignore[arg-type]
        [path] = eventually(lambda: list(folder.glob("*.eml")), within_seconds=60)
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert mail["To"] == "person17@example.org"
        assert b"your verification code is: 042719" in path.read_bytes()
    finally:
        assert worker.stop()


def test_the_worker_is_put_together_from_relay_consumer_inbox_and_timed_jobs(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("notification_service.worker.Database", lambda _url: database)
    worker = create_worker(settings)
    try:
        assert sorted(worker.role_names) == [
            "consumer",
            "inbox",
            "job:prune",
            "job:prune_messages",
            "job:send_mails",
            "job:settle_mails",
            "job:sign",
            "relay",
        ]
    finally:
        assert worker.stop()
