"""Platforms for the one contract suite: both brokers, each with both kinds of databases."""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from shared.testing.plugin import POSTGRESQL_URL, create_postgresql_database
from shared.testing.rabbitmq import close_connections
from shared.tests.events.parts import Addresses, Platform

PLATFORMS = ("embedded-sqlite", "embedded-postgresql", "rabbitmq-sqlite", "rabbitmq-postgresql")


@pytest.fixture(scope="session")
def messaging_databases() -> Iterator[dict[str, str]]:
    """Keep one PostgreSQL database per name; making and dropping them is what takes time."""
    made: dict[str, str] = {}
    yield made
    for url in made.values():
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{_name_of(url)}" WITH (FORCE)')


@pytest.fixture
def make_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, messaging_databases: dict[str, str]
) -> Callable[[str, str], str]:
    """Give empty databases by kind and name."""

    def make(kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.sqlite3"
        request.getfixturevalue("postgresql_server")
        if name not in messaging_databases:
            messaging_databases[name] = create_postgresql_database(f"hearth_events_{name}")
        _empty(messaging_databases[name])
        return messaging_databases[name]

    return make


def _name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _empty(url: str) -> None:
    """End what a killed worker of an earlier test left connected, and drop every table."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, make_database_url: Callable[[str, str], str]
) -> str:
    return make_database_url(request.param, "one")


@pytest.fixture(params=PLATFORMS)
def platform(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    make_database_url: Callable[[str, str], str],
) -> Iterator[Platform]:
    broker_kind, database_kind = request.param.split("-")
    if broker_kind == "rabbitmq":
        broker_url = request.getfixturevalue("rabbitmq_server")
    else:
        broker_url = f"sqlite:///{tmp_path}/bus.sqlite3"
    made = Platform(
        Addresses(
            folder=str(tmp_path),
            broker_url=broker_url,
            name_prefix=f"{uuid.uuid4().hex[:8]}." if broker_kind == "rabbitmq" else "",
            producer_url=make_database_url(database_kind, "producer"),
            consumer_url=make_database_url(database_kind, "consumer"),
        )
    )
    made.create_tables()
    made.interrupt = _interruption(made, broker_kind)
    made.take_database_down = _outage(made, database_kind)
    yield made
    made.close()


def _interruption(platform: Platform, broker_kind: str) -> Callable[[], None]:
    if broker_kind == "rabbitmq":
        return lambda: close_connections(platform.addresses.broker_url)
    return platform.close_brokers


def _outage(platform: Platform, database_kind: str) -> Callable[[], Callable[[], None]]:
    """Give what takes the consumer's database down; that gives what brings it up again."""
    url = platform.addresses.consumer_url
    if database_kind == "sqlite":
        return lambda: _lock_sqlite(url.removeprefix("sqlite:///"))
    return lambda: _refuse_connections(_name_of(url))


def _lock_sqlite(path: str) -> Callable[[], None]:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")

    def bring_up() -> None:
        connection.execute("ROLLBACK")
        connection.close()

    return bring_up


def _refuse_connections(name: str) -> Callable[[], None]:
    def allow(is_allowed: bool) -> None:
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS {is_allowed}')
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    allow(False)
    return lambda: allow(True)
