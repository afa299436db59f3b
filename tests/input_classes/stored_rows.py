"""What stands in the databases of a running platform: every row of every domain table and every
outbox, so that a refusal can be shown to have left nothing.

Left out, by name: what a rule demands even of a refusal (tries, audit), when a login session was
last seen, and what only workers write, which takes an outbox row first.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from shared.events.catalogue import shipped_catalogue
from shared.testing.waiting import eventually
from tests.running_platform import SERVICES, RunningPlatform

COUNTED_TRIES_AND_AUDIT = {
    "auth.attempts",
    *(f"{service}.{table}" for service in SERVICES for table in ("audit_entries", "audit_chain")),
}
WRITTEN_BY_WORKERS = {
    f"{service}.{table}"
    for service in SERVICES
    for table in ("inbox", "quarantine", "exclusive_jobs", "worker_signs")
} | {"notification.installations", "notification.mails"}
NO_ROWS = {f"{service}.alembic_version" for service in SERVICES}
LEFT_OUT_TABLES = COUNTED_TRIES_AND_AUDIT | WRITTEN_BY_WORKERS | NO_ROWS
LEFT_OUT_COLUMNS: Mapping[str, frozenset[str]] = {
    "auth.codes": frozenset({"tries"}),
    "auth.login_sessions": frozenset({"last_seen_at", "announced_at"}),
    **{
        f"{service}.outbox": frozenset({"published_at", "attempts", "retry_at", "problem"})
        for service in SERVICES
    },
}
SETTLED_WITHIN_SECONDS = 60

StoredRows = frozenset[tuple[str, ...]]


class Databases:
    """The five databases of a platform, read from outside."""

    def __init__(self, platform: RunningPlatform) -> None:
        self._platform = platform

    def stored(self) -> StoredRows:
        """Give every row that counts, once everything that was announced has been heard."""
        self.settle()
        return frozenset(row for service in SERVICES for row in self._rows_of(service))

    def settle(self) -> None:
        """Wait until every event was published and handled by everyone who hears it. Looked at
        twice: while the first look goes from service to service, a handler may announce something.
        """
        eventually(
            lambda: self._is_settled() and self._is_settled(),
            within_seconds=SETTLED_WITHIN_SECONDS,
            every=0.05,
        )

    def _is_settled(self) -> bool:
        announced: dict[str, set[str]] = {}
        for service in SERVICES:
            for event_id, kind in self._ask(service, "SELECT event_id, type FROM outbox"):
                announced.setdefault(str(kind), set()).add(str(event_id))
        for hearer, kinds in shipped_catalogue().topology().items():
            wanted = set[str]().union(*(announced.get(kind, set()) for kind in kinds))
            query = "SELECT event_id FROM inbox WHERE finished_at IS NOT NULL"
            service = hearer.removesuffix("_service")
            if wanted - {str(row[0]) for row in self._ask(service, query)}:
                return False
        return True

    def _rows_of(self, service: str) -> Iterator[tuple[str, ...]]:
        with self._connection(service) as connection:
            for table in self._tables(connection):
                name = f"{service}.{table}"
                if name in LEFT_OUT_TABLES:
                    continue
                left_out = LEFT_OUT_COLUMNS.get(name, frozenset())
                query = f'SELECT * FROM "{table}"'  # noqa: S608 - a table's own name
                cursor = connection.execute(query)
                columns = [each[0] for each in cursor.description]
                kept = [index for index, each in enumerate(columns) if each not in left_out]
                for row in cursor:
                    yield (name, *(f"{columns[index]}={row[index]!r}" for index in kept))

    def _ask(self, service: str, query: str) -> list[tuple[Any, ...]]:
        with self._connection(service) as connection:
            return list(connection.execute(query))

    def _tables(self, connection: Any) -> list[str]:
        if isinstance(connection, sqlite3.Connection):
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
        else:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        return sorted(row[0] for row in connection.execute(query))

    @contextmanager
    def _connection(self, service: str) -> Iterator[Any]:
        template = self._platform.environment.get("DATABASE_URL_TEMPLATE")
        if template is None:
            path = self._platform.folder / f"{service}.sqlite3"
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                yield connection
        else:
            with psycopg.connect(template.format(service=service)) as connection:
                yield connection


def written(before: StoredRows, after: StoredRows) -> list[str]:
    """Tell what was written or changed between two looks; what jobs delete does not count."""
    return [_shortened(row) for row in sorted(after - before)]


def _shortened(row: Iterable[str]) -> str:
    return " ".join(each[:60] for each in row)[:300]
