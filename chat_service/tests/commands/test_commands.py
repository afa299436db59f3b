"""What operators type, as a process of its own, and the worker behind it."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.models.data_keys import MasterKeys, StoredDataKey
from chat_service.queries.care_relations import has_heard_of_care
from chat_service.settings import Settings
from chat_service.tests.factories import CLIENT, THERAPIST, Caller, care_event
from chat_service.worker import create_worker
from shared.database import Database
from shared.events.broker import Message, OutcomeKind, create_broker
from shared.events.catalogue import shipped_catalogue
from shared.events.tables import inbox, outbox
from shared.settings import BadSettings
from shared.testing.waiting import eventually

ROOT = Path(__file__).parents[3]
NEW_KEY = base64.b64encode(b"n" * 32).decode()


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat_service", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_rotating_the_master_key_rewraps_every_data_key(
    in_care: tuple[Caller, Caller], environment: dict[str, str], database: Database
):
    client, _ = in_care
    client.start(client.sessions()[0]["id"])
    client.write(THERAPIST)
    turned = {
        **environment,
        "TEXT_MASTER_KEY": NEW_KEY,
        "TEXT_MASTER_KEY_PREVIOUS": environment["TEXT_MASTER_KEY"],
    }
    done = _run(turned, "rotate-master-key")
    present = MasterKeys(b"n" * 32).present_id
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"2 data keys are now wrapped by master key {present}"
    rows = database.reading(
        lambda session: session.execute(select(StoredDataKey.master_key_id)).scalars().all()
    )
    assert set(rows) == {present}
    assert _run(turned, "rotate-master-key").stdout.startswith("0 data keys")


def test_rotating_without_the_former_key_says_what_is_missing(
    in_care: tuple[Caller, Caller], environment: dict[str, str]
):
    in_care[0].write(THERAPIST)
    refused = _run({**environment, "TEXT_MASTER_KEY": NEW_KEY}, "rotate-master-key")
    assert refused.returncode == 1
    assert "TEXT_MASTER_KEY_PREVIOUS" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_commands_every_service_has_are_here(environment: dict[str, str], database: Database):
    assert _run(environment, "migrate").returncode == 0
    assert "/api/v1/guided-sessions" in _run(environment, "openapi").stdout
    assert _run(environment, "events", "list").returncode == 0
    assert _run(environment, "worker-health").returncode == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEXT_MASTER_KEY", "short"),
        ("TEXT_MASTER_KEY", base64.b64encode(b"x" * 31).decode()),
        ("TEXT_MASTER_KEY_PREVIOUS", "short"),
        ("TEXT_MASTER_KEY_PREVIOUS", base64.b64encode(b"x" * 33).decode()),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_bad_master_key_stops_the_start_and_is_not_repeated(
    environment: dict[str, str], name: str, value: str
):
    with pytest.raises(BadSettings) as refused:
        Settings.from_env({**environment, name: value})
    assert str(refused.value) == f"{name}: must be base64 of 32 bytes"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_master_key_may_be_a_file_and_is_never_shown(
    environment: dict[str, str], tmp_path: Path
):
    file = tmp_path / "key"
    file.write_text(NEW_KEY + "\n")
    given = {name: value for name, value in environment.items() if name != "TEXT_MASTER_KEY"}
    settings = Settings.from_env({**given, "TEXT_MASTER_KEY_FILE": str(file)})
    assert settings.text_master_key == b"n" * 32
    assert "nnnn" not in repr(settings)
    with pytest.raises(BadSettings, match="TEXT_MASTER_KEY: is missing"):
        Settings.from_env(given)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_worker_sends_what_was_announced_and_hears_what_others_say(
    in_care: tuple[Caller, Caller], settings: Settings, database: Database
):
    client, _ = in_care
    client.write(THERAPIST)
    heard = care_event("started", sequence=1)
    broker = create_broker(settings.broker_url)
    broker.declare(shipped_catalogue().topology())
    publisher = broker.publisher()
    message = Message(event_id=heard.id, type=heard.type, body=heard.to_json())
    assert [each.kind for each in publisher.publish([message])] == [OutcomeKind.CONFIRMED]
    publisher.close()
    worker = create_worker(settings)
    worker.start()
    try:
        eventually(lambda: _is_quiet(database), within_seconds=20)
    finally:
        assert worker.stop()
        broker.close()
    assert database.reading(lambda session: has_heard_of_care(session, CLIENT, THERAPIST))


def _is_quiet(database: Database) -> bool:
    """Tell whether everything announced has left and one heard event was handled."""

    def look(session: Session) -> bool:
        waiting = select(outbox.c.sequence).where(outbox.c.published_at.is_(None))
        states = session.execute(select(inbox.c.state)).scalars().all()
        return session.execute(waiting).first() is None and list(states) == ["done"]

    return database.reading(look)
