"""Fixtures of the chassis' own tests: bare databases, without any service's migrations."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from shared.database import Database
from shared.testing.plugin import POSTGRESQL_URL, create_postgresql_database


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, SQLite and PostgreSQL."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/bare.sqlite3")
        yield database
        database.dispose()
        return
    request.getfixturevalue("postgresql_server")
    url = create_postgresql_database("hearth_test_shared")
    database = Database(url)
    yield database
    database.dispose()
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        name = urlsplit(url).path.lstrip("/")
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
