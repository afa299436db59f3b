"""`audit-verify`, as an operator types it."""

import subprocess
import sys
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from shared.audit_entries import add_audit_entry
from shared.command_line import service_commands
from shared.database import Database
from shared.settings import ServiceSettings, SettingsReader, service_values
from shared.testing.tokens import TokenMaker, service_environment

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 7, 6, 8, tzinfo=UTC)


class Act(StrEnum):
    """What is done here."""

    DONE = "done"


@pytest.fixture
def service_package() -> str:
    return "profile_service"


@pytest.fixture
def verify(database: Database, tmp_path: Path, token_maker: TokenMaker):
    environment = service_environment("profile", database.url, tmp_path, token_maker)

    def settings() -> ServiceSettings:
        values = service_values(SettingsReader(environment), "profile")
        return ServiceSettings(**values)  # type: ignore[arg-type] # the reader checked them

    group = service_commands("profile_service", settings)
    return lambda *words: CliRunner().invoke(group, ["audit-verify", *words])


def _act(database: Database) -> None:
    database.writing(
        lambda session: add_audit_entry(session, Act.DONE, account_id=1, actor_id=5, now=NOW)
    )


def test_help_names_the_services_own_commands_too():
    run = partial(subprocess.run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    shown = run([sys.executable, "-m", "auth_service", "--help"]).stdout
    for name in ("web", "worker", "migrate", "create-admin", "events", "worker-health"):
        assert f"  {name} " in shown, name
    assert (
        "--password-file"
        in run([sys.executable, "-m", "auth_service", "create-admin", "--help"]).stdout
    )


def test_a_whole_record_is_said_to_be_whole(verify, database: Database):
    assert verify().output == "0 audit entries, the chain is whole; last digest: none\n"
    _act(database)
    found = verify()
    assert found.exit_code == 0
    assert found.output.startswith("1 audit entries, the chain is whole; last digest: ")
    kept = found.output.split()[-1]
    _act(database)
    assert verify("--known", kept).exit_code == 0


def test_a_record_changed_by_hand_ends_with_what_is_wrong(verify, database: Database):
    for _ in range(3):
        _act(database)
    kept = verify().output.split()[-1]
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER audit_entries_no_update"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_entries SET account_id = 2 WHERE id = 2"))
        connection.commit()
    found = verify("--known", kept)
    assert found.exit_code == 1
    assert found.output == "Error: the record is not whole\nentry 2 was changed\n"
    assert verify("--known", "0" * 64).output.endswith("does not stand in the chain\n")
