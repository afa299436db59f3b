"""Roles and databases of the compose stack, on a real PostgreSQL: on an empty volume, on one of the
release before, and after the documented restore. Names get a prefix of the test's own.
"""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.compose.make_secrets import make_secrets
from deploy.tests.project import REPOSITORY
from shared.settings import SERVICES
from shared.testing.plugin import POSTGRESQL_URL

INIT = REPOSITORY / "deploy" / "compose" / "postgres-init.sh"
RESTORE = re.compile(
    r"^docker compose exec -T postgres ((?:dropdb|createdb|psql) .*)$", re.MULTILINE
)


class Server:
    """The test server under names of one test."""

    def __init__(self, folder: Path) -> None:
        self.prefix = f"hearth_{secrets.token_hex(4)}_"
        self.secrets = folder / "secrets"
        make_secrets(self.secrets)
        parts = urlsplit(POSTGRESQL_URL)
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PGHOST": parts.hostname or "127.0.0.1",
            "PGPORT": str(parts.port or 5432),
            "POSTGRES_USER": parts.username or "postgres",
        }

    def own(self, text: str) -> str:
        """Give a text of the stack with this test's names."""
        return text.replace("hearth_", self.prefix).replace("/run/secrets", str(self.secrets))

    def run(self, script: str) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.own(script)],
            env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")

    def execute(self, statement: str) -> None:
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            connection.execute(self.own(statement))

    def asks(self, service: str, kind: str, statement: str, at: str | None = None) -> None:
        """Run a statement as the role of a secret's URL, as the containers do; `at` is another
        service's database.
        """
        url = self.own((self.secrets / f"{service}-{kind}-url").read_text())
        url = urlsplit(url)._replace(path=self.own(f"/hearth_{at or service}")).geturl()
        server = f"{self.environment['PGHOST']}:{self.environment['PGPORT']}"
        with psycopg.connect(url.replace("postgres:5432", server), autocommit=True) as connection:
            connection.execute(statement)

    def both_roles_do_their_work(self, table: str) -> None:
        for service in SERVICES:
            self.asks(service, "migration-database", f"CREATE TABLE {table} (id int)")
            self.asks(service, "database", "SELECT 1")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                self.asks(service, "database", "CREATE TABLE mine (id int)")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            self.asks("auth", "database", "SELECT 1", at="chat")

    def clean(self) -> None:
        for service in SERVICES:
            self.execute(f'DROP DATABASE IF EXISTS "hearth_{service}" WITH (FORCE)')
        for service in SERVICES:
            for role in (f"hearth_{service}", f"hearth_{service}_owner"):
                self.execute(f'DROP ROLE IF EXISTS "{role}"')


@pytest.fixture
def server(postgresql_server: str, tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    try:
        yield made
    finally:
        made.clean()


def test_an_empty_volume_gets_two_roles_a_service_and_the_script_may_run_again(
    server: Server,
) -> None:
    for number in (1, 2):
        server.run(INIT.read_text())
        server.both_roles_do_their_work(f"made_{number}")


def test_a_volume_of_one_role_a_service_is_completed_and_locks_nobody_out(server: Server) -> None:
    for service in SERVICES:
        word = (server.secrets / f"postgres-{service}-password").read_text()
        server.execute(f"CREATE ROLE hearth_{service} LOGIN PASSWORD '{word}'")
        server.execute(f"CREATE DATABASE hearth_{service} OWNER hearth_{service}")
        server.execute(f"REVOKE ALL ON DATABASE hearth_{service} FROM PUBLIC")
        server.asks(service, "database", "CREATE TABLE old (id int)")
    server.run(INIT.read_text())
    for service in SERVICES:
        server.asks(service, "migration-database", "ALTER TABLE old ADD COLUMN more int")
    server.both_roles_do_their_work("made")


def test_the_documented_restore_gives_both_roles_their_database_back(server: Server) -> None:
    server.run(INIT.read_text())
    text = (REPOSITORY / "docs" / "operations" / "running.md").read_text(encoding="utf-8")
    steps = [step for step in RESTORE.findall(text) if not step.endswith('"')]  # moves sequences
    assert [step.split()[0] for step in steps] == ["dropdb", "createdb", "psql", "psql"]
    for service in SERVICES:
        server.run("\n".join(steps).replace("hearth_auth", f"hearth_{service}"))
    server.both_roles_do_their_work("restored")
