"""The small store of ended login sessions: written by auth_service before it answers, asked by the
gateway on every request.

A SQLite file in `DATA_DIR` on one host, Redis beyond. A marker says that the store has been filled
from auth's own list; a store that lost it (a new file, an
emptied Redis) counts as unreadable until it is filled again, so that an empty store never opens a
door.
"""

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

from shared.clock import Clock
from shared.errors import Unavailable

ASKED_AT_ONCE = 500


class EndedSessionsUnreadable(Unavailable):
    """Nobody can tell at the moment whether a login session has ended."""

    code = "unavailable"
    message = "The service is not available at the moment."


class EndedSessions(Protocol):
    """What both stores promise. `expires_at` is in seconds since the epoch."""

    def has_ended(self, login_session_id: str) -> bool:
        """Tell whether the login session has ended; EndedSessionsUnreadable when that cannot be
        known.
        """
        ...

    def ended_among(self, login_session_ids: Collection[str]) -> frozenset[str]:
        """Give which of them have ended; EndedSessionsUnreadable when that cannot be known."""
        ...

    def end(self, login_session_id: str, expires_at: int) -> None:
        """Note an ended login session until its last token has expired; EndedSessionsUnreadable
        when it cannot be written.
        """
        ...

    def add(self, items: Iterable[tuple[str, int]]) -> None:
        """Add a part of auth's list; the marker stays as it is."""
        ...

    def load(self, items: Iterable[tuple[str, int]]) -> None:
        """Add auth's whole list, or what is left of it, and set the marker."""
        ...

    def is_loaded(self) -> bool:
        """Tell whether the marker stands; False when the store cannot be read."""
        ...


_SCHEMA = """
CREATE TABLE IF NOT EXISTS ended_sessions (
    session_id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marker (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_ASK = (
    "SELECT (SELECT count(*) FROM marker),"
    " (SELECT count(*) FROM ended_sessions WHERE session_id = ?)"
)


class SqliteEndedSessions:
    """The store of one host: a SQLite file every process of the host opens; one connection per
    thread.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._local = threading.local()

    def has_ended(self, login_session_id: str) -> bool:
        """See EndedSessions."""
        try:
            marked, ended = self._connection().execute(_ASK, (login_session_id,)).fetchone()
        except (sqlite3.Error, OSError) as error:
            self._forget_connection()
            raise EndedSessionsUnreadable from error
        if not marked:
            raise EndedSessionsUnreadable
        return bool(ended)

    def ended_among(self, login_session_ids: Collection[str]) -> frozenset[str]:
        """See EndedSessions."""
        if not self.is_loaded():
            raise EndedSessionsUnreadable
        ended: set[str] = set()
        try:
            for portion in _portions(login_session_ids):
                marks = ",".join("?" * len(portion))
                asked = f"SELECT session_id FROM ended_sessions WHERE session_id IN ({marks})"  # noqa: S608 - marks only
                ended.update(row[0] for row in self._connection().execute(asked, portion))
        except (sqlite3.Error, OSError) as error:
            self._forget_connection()
            raise EndedSessionsUnreadable from error
        return frozenset(ended)

    def end(self, login_session_id: str, expires_at: int) -> None:
        """See EndedSessions."""
        self._write([(login_session_id, expires_at)], is_whole_list=False)

    def add(self, items: Iterable[tuple[str, int]]) -> None:
        """See EndedSessions."""
        self._write(list(items), is_whole_list=False)

    def load(self, items: Iterable[tuple[str, int]]) -> None:
        """See EndedSessions."""
        self._write(list(items), is_whole_list=True)

    def is_loaded(self) -> bool:
        """See EndedSessions."""
        try:
            self.has_ended("")
        except EndedSessionsUnreadable:
            return False
        return True

    def _write(self, items: list[tuple[str, int]], *, is_whole_list: bool) -> None:
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                connection.executemany(
                    "INSERT INTO ended_sessions VALUES (?, ?) ON CONFLICT (session_id)"
                    " DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
                    items,
                )
                now = int(self._clock.now().timestamp())
                connection.execute("DELETE FROM ended_sessions WHERE expires_at < ?", (now,))
                if is_whole_list:
                    connection.execute("INSERT OR IGNORE INTO marker VALUES ('loaded')")
        except (sqlite3.Error, OSError) as error:
            self._forget_connection()
            raise EndedSessionsUnreadable from error

    def _connection(self) -> sqlite3.Connection:
        """Give this thread's connection; a file that was replaced or removed is opened anew."""
        identity = self._file_identity()
        if identity is None or getattr(self._local, "identity", None) != identity:
            self._forget_connection()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=2.0, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)
            self._local.connection = connection
            self._local.identity = self._file_identity()
        found: sqlite3.Connection = self._local.connection
        return found

    def _file_identity(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _forget_connection(self) -> None:
        connection = getattr(self._local, "connection", None)
        self._local.connection = self._local.identity = None
        if connection is not None:
            connection.close()


class RedisEndedSessions:
    """The store of several hosts. Keys `<prefix>:marker` and `<prefix>:<session id>`, the latter
    expiring with the last token.
    """

    def __init__(self, url: str, clock: Clock, *, prefix: str = "hearth:ended") -> None:
        import redis

        self._errors = (redis.RedisError, OSError)
        self._clock = clock
        self._prefix = prefix
        self._redis = redis.Redis.from_url(
            url, socket_timeout=1.0, socket_connect_timeout=0.5, decode_responses=True
        )

    def has_ended(self, login_session_id: str) -> bool:
        """See EndedSessions."""
        try:
            marker, ended = self._redis.mget(
                f"{self._prefix}:marker", f"{self._prefix}:{login_session_id}"
            )  # type: ignore[misc]
        except self._errors as error:
            raise EndedSessionsUnreadable from error
        if marker is None:
            raise EndedSessionsUnreadable
        return ended is not None

    def ended_among(self, login_session_ids: Collection[str]) -> frozenset[str]:
        """See EndedSessions."""
        ended: set[str] = set()
        marker = f"{self._prefix}:marker"
        try:
            for portion in _portions(login_session_ids):
                keys = [f"{self._prefix}:{each}" for each in portion]
                found: list[str | None] = self._redis.mget(marker, *keys)  # type: ignore[assignment] # the client's types allow an awaitable
                if found[0] is None:
                    raise EndedSessionsUnreadable
                ended.update(
                    each
                    for each, value in zip(portion, found[1:], strict=True)
                    if value is not None
                )
        except self._errors as error:
            raise EndedSessionsUnreadable from error
        return frozenset(ended)

    def end(self, login_session_id: str, expires_at: int) -> None:
        """See EndedSessions."""
        try:
            self._redis.set(
                f"{self._prefix}:{login_session_id}", "1", ex=self._seconds_until(expires_at)
            )
        except self._errors as error:
            raise EndedSessionsUnreadable from error

    def add(self, items: Iterable[tuple[str, int]]) -> None:
        """See EndedSessions."""
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for login_session_id, expires_at in items:
                    pipeline.set(
                        f"{self._prefix}:{login_session_id}",
                        "1",
                        ex=self._seconds_until(expires_at),
                    )
                pipeline.execute()
        except self._errors as error:
            raise EndedSessionsUnreadable from error

    def load(self, items: Iterable[tuple[str, int]]) -> None:
        """See EndedSessions."""
        self.add(items)
        try:
            self._redis.set(f"{self._prefix}:marker", "1")
        except self._errors as error:
            raise EndedSessionsUnreadable from error

    def is_loaded(self) -> bool:
        """See EndedSessions."""
        try:
            self.has_ended("")
        except EndedSessionsUnreadable:
            return False
        return True

    def _seconds_until(self, expires_at: int) -> int:
        return max(1, expires_at - int(self._clock.now().timestamp()) + 1)


def _portions(login_session_ids: Collection[str]) -> Iterator[list[str]]:
    """Give them in portions no store is slow with."""
    waiting = iter(login_session_ids)
    while portion := list(islice(waiting, ASKED_AT_ONCE)):
        yield portion


def ended_sessions_at(redis_url: str | None, data_directory: Path, clock: Clock) -> EndedSessions:
    """Give the store the settings name: Redis when there is a URL, else the file in the data
    folder.
    """
    if redis_url:
        return RedisEndedSessions(redis_url, clock)
    return SqliteEndedSessions(data_directory / "ended_sessions.sqlite3", clock)
