"""Where another role owns the tables, a service's own role reads and writes rows, nothing else."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.audit_entries import add_audit_entry, judge_audit_entries
from shared.database import Database
from shared.migrations import is_current, migrate, service_role_beside
from shared.testing.plugin import create_postgresql_database

SERVICES = (
    "auth_service", "profile_service", "booking_service", "chat_service", "notification_service",
)  # fmt: skip


class Act(StrEnum):
    """What is done here."""

    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Two:
    """One database, seen by the role that owns its tables and by the service's."""

    owner_url: str
    service_url: str

    @property
    def service_role(self) -> str | None:
        return service_role_beside(self.owner_url, self.service_url)


@pytest.fixture
def two(postgresql_server: str) -> Iterator[Two]:
    name = uuid.uuid4().hex[:12]
    owner, service = f"hearth_test_{name}_owner", f"hearth_test_{name}"
    url = create_postgresql_database("hearth_test_roles")
    place = urlsplit(url)
    database = place.path.lstrip("/")
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        for role in (owner, service):
            connection.execute(f'CREATE ROLE "{role}" LOGIN')
        connection.execute(f'ALTER DATABASE "{database}" OWNER TO "{owner}"')
    host = place.netloc.rpartition("@")[2]
    yield Two(
        owner_url=place._replace(netloc=f"{owner}@{host}").geturl(),
        service_url=place._replace(netloc=f"{service}@{host}").geturl(),
    )
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        for role in (owner, service):
            connection.execute(f'DROP ROLE "{role}"')


@pytest.fixture
def as_service(two: Two) -> Iterator[Database]:
    database = Database(two.service_url)
    yield database
    database.dispose()


def _migrate(two: Two, package: str) -> None:
    owner = Database(two.owner_url)
    migrate(package, owner, service_role=two.service_role)
    owner.dispose()


@pytest.mark.parametrize("package", SERVICES)
def test_the_services_role_only_reads_and_adds_to_the_record(
    two: Two, as_service: Database, package: str
):
    for _twice in range(2):
        _migrate(two, package)
    now = datetime(2026, 7, 6, 8, tzinfo=UTC)
    for account_id in (1, 2):
        as_service.writing(
            lambda session, account_id=account_id: add_audit_entry(  # type: ignore[misc]
                session, Act.DONE, account_id=account_id, actor_id=5, now=now
            )
        )
    for statement in (
        "UPDATE audit_entries SET act = 'nothing'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "DROP TABLE audit_entries",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entries_append_only ON audit_entries",
        "CREATE OR REPLACE FUNCTION refuse_change_of_audit_entries() RETURNS trigger"
        " AS $$ BEGIN RETURN NULL; END $$ LANGUAGE plpgsql",
        "UPDATE audit_chain SET entries = 0",
        "INSERT INTO audit_chain VALUES (2, 0, 0, '')",
        "DELETE FROM audit_chain",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE somebodys (id integer)",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            as_service.writing(lambda session, words=statement: session.execute(text(words)))  # type: ignore[misc]
    verdict = as_service.reading(judge_audit_entries)
    assert (verdict.entries, list(verdict.faults)) == (2, [])
    as_service.writing(lambda session: session.execute(text("UPDATE outbox SET attempts = 0")))
    as_service.writing(lambda session: session.execute(text("DELETE FROM idempotency_keys")))
    assert is_current(package, as_service)


def test_a_service_that_migrates_itself_owns_its_tables():
    url = "postgresql://one@127.0.0.1/hearth"
    assert service_role_beside(url, url) is None
    assert service_role_beside("postgresql://owner@127.0.0.1/hearth", url) == "one"
    assert service_role_beside("sqlite:///x", "sqlite:///x") is None
