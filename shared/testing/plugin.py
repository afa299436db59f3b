"""The pytest plugin of the whole repository: real servers or a loud skip, migrated databases,
tokens.

A service's conftest defines `service_package`; its tests ask for `database` (each runs on SQLite
and on PostgreSQL).
With REQUIRE_SERVICES=1 a server that cannot be reached is a failure, never a skip.
"""

import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_socket import socket_allow_hosts
from sqlalchemy import text

import shared.database
from shared.database import Database
from shared.migrations import migrate
from shared.testing.tokens import TokenMaker

POSTGRESQL_URL = os.environ.get(
    "TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
RABBITMQ_URL = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/")
# Deleting a few rows takes a thirtieth of the time of TRUNCATE. One statement deletes from every
# table, because foreign keys are looked at when it ends; a table with a trigger that comes first
# (the second bit of its type) may refuse it.
_EMPTY_EVERY_TABLE = text(
    """
    DO $$
    DECLARE
        guarded regclass;
        has_rows boolean;
        deletions text;
    BEGIN
        PERFORM set_config('session_replication_role', 'replica', true);  -- no trigger refuses
        FOR guarded IN SELECT DISTINCT tgrelid FROM pg_trigger
            WHERE NOT tgisinternal AND tgtype & 2 = 2
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', guarded) INTO has_rows;
            IF has_rows THEN
                EXECUTE format('TRUNCATE %s', guarded);
            END IF;
        END LOOP;
        SELECT string_agg(format('%1$I AS (DELETE FROM %1$I)', tablename), ', ') INTO deletions
        FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'audit_chain')
            AND NOT EXISTS (
                SELECT FROM pg_trigger
                WHERE tgrelid = format('%I', tablename)::regclass
                    AND NOT tgisinternal AND tgtype & 2 = 2
            );
        IF deletions IS NOT NULL THEN
            EXECUTE 'WITH ' || deletions || ' SELECT 1';
        END IF;
        IF to_regclass('audit_chain') IS NOT NULL THEN
            UPDATE audit_chain SET entries = 0, older_until = 0, older_digest = '';
        END IF;
        PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
    END $$
    """
)
# A disk that stalls under other tests is no finding: what a client would be refused after two
# seconds may take longer here. The services read this when they are imported, which is later.
shared.database.ANSWERING_SECONDS = 30.0
# A busy machine is no finding; in CI the same examples are tried again.
hypothesis_settings.register_profile(
    "hearth",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
hypothesis_settings.load_profile("hearth")
_skipped: set[str] = set()
_PLATFORM = re.compile(
    r"tests/.*\[(embedded|servers)[-\]]|(.*/test_(?:make_run|launched_on_servers|two_processes)\.py)"
)


def is_reachable(url: str) -> bool:
    """Tell whether something listens at the URL's host and port."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2):
            return True
    except OSError:
        return False


def need_server(name: str, url: str) -> None:
    """Skip the test when the server cannot be reached; fail it when REQUIRE_SERVICES=1."""
    if is_reachable(url):
        return
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{name} cannot be reached and REQUIRE_SERVICES=1", pytrace=False)
    _skipped.add(name)
    pytest.skip(f"{name} cannot be reached")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which servers were missing."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr)
        _skipped.update(
            name
            for name in ("PostgreSQL", "RabbitMQ", "Redis", "Chromium")
            if f"{name} cannot" in reason
        )
    for name in sorted(_skipped):
        terminalreporter.write_line(
            f"!!! {name} COULD NOT BE REACHED: ITS TESTS WERE SKIPPED !!!", red=True, bold=True
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of one platform on one test worker, so that it is started once.

    pytest-xdist's own groups do nothing under pytest 9.2: they change an attribute it has dropped.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling  # only the controller of workers needs it

    class ByPlatform(LoadGroupScheduling):  # type: ignore[misc] # xdist ships no types
        def _split_scope(self, nodeid: str) -> str:
            found = _PLATFORM.match(nodeid)
            if found is None:
                return str(super()._split_scope(nodeid))
            return found[1] or found[2]

    return ByPlatform(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let tests reach this machine only."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def token_maker() -> TokenMaker:
    """Give a maker of signed tokens and its published keys."""
    return TokenMaker()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """Give the URL of a real PostgreSQL."""
    need_server("PostgreSQL", POSTGRESQL_URL)
    return POSTGRESQL_URL


@pytest.fixture(scope="session")
def redis_server() -> str:
    """Give the URL of a real Redis, with a database number of this test worker's own."""
    need_server("Redis", REDIS_URL)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{REDIS_URL.rstrip('/')}/{8 + int(worker) % 8}"


@contextmanager
def virtual_host() -> Iterator[str]:
    """Give the URL of an empty virtual host of a real RabbitMQ, where one can be made; it is
    removed afterwards.
    """
    need_server("RabbitMQ", RABBITMQ_URL)
    name = f"hearth-test-{uuid.uuid4().hex[:12]}"
    user = urlsplit(RABBITMQ_URL).username or "guest"
    if shutil.which("rabbitmqctl") is None:
        yield RABBITMQ_URL
        return
    from shared.testing.rabbitmq import rabbitmqctl, remove_virtual_host  # brings pika

    rabbitmqctl("add_vhost", name)
    try:
        rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield RABBITMQ_URL.rstrip("/") + "/" + name
    finally:
        remove_virtual_host(name)


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[str]:
    """Give the URL of a real RabbitMQ, with a virtual host of this session's own."""
    with virtual_host() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Path]]:
    """Keep one migrated SQLite file per package, copied for each test."""
    templates: dict[str, Path] = {}
    yield templates
    templates.clear()


@pytest.fixture(scope="session")
def postgresql_databases(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Keep one migrated PostgreSQL database per package and test worker; emptied before each
    test.
    """
    made: dict[str, str] = {}
    yield made
    for name in made.values():
        _drop_postgresql(name)


def _drop_postgresql(url: str) -> None:
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def create_postgresql_database(prefix: str) -> str:
    """Create an empty database with a unique name; give its URL."""
    name = f"{prefix}_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(POSTGRESQL_URL)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    service_package: str,
) -> Iterator[Database]:
    """Give an empty, migrated database of the package under test."""
    if request.param == "sqlite":
        templates = request.getfixturevalue("sqlite_template")
        found = _sqlite_copy(service_package, templates, tmp_path, tmp_path_factory)
    else:
        request.getfixturevalue("postgresql_server")
        found = _emptied(service_package, request.getfixturevalue("postgresql_databases"))
    yield found
    found.dispose()


def _sqlite_copy(
    package: str,
    templates: dict[str, Path],
    tmp_path: Path,
    factory: pytest.TempPathFactory,
) -> Database:
    if package not in templates:
        path = factory.mktemp("templates") / f"{package}.sqlite3"
        template = Database(f"sqlite:///{path}")
        migrate(package, template)
        with template.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        template.dispose()
        templates[package] = path
    copy = tmp_path / f"{package}.sqlite3"
    shutil.copyfile(templates[package], copy)
    return Database(f"sqlite:///{copy}")


def _emptied(package: str, made: dict[str, str]) -> Database:
    if package not in made:
        url = create_postgresql_database(f"hearth_test_{package}")
        made[package] = url
        fresh = Database(url)
        migrate(package, fresh)
        fresh.dispose()
    database = Database(made[package])
    with database.engine.begin() as connection:
        connection.execute(_EMPTY_EVERY_TABLE)
    return database
