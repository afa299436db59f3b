"""What operators type, as a process of its own, and the worker behind it."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from chat_service.models.data_keys import data_keys, master_keys
from chat_service.tests.factories import THERAPIST, Caller
from shared.database import Database

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
    present = master_keys(b"n" * 32).present_id
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"2 data keys are now wrapped by master key {present}"
    rows = database.reading(
        lambda session: session.execute(select(data_keys.c.master_key_id)).scalars().all()
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
