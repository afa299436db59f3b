"""One service's database: the only place where transactions begin, commit and roll back.

`writing` and `reading` are opened at the edge (a view, a listener, a job, a command); domain code
receives the session. The same
code runs on SQLite (WAL, immediate transactions: one writer at a time, the others wait) and
PostgreSQL (READ COMMITTED with row locks).
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from shared.errors import Unavailable

T = TypeVar("T")

TRIES = 3
PATIENT_SECONDS = 5.0  # what a worker or a command waits for a connection and for locks
ANSWERING_SECONDS = 2.0  # what a request waits: less than the gateway waits for the answer
NOT_AVAILABLE = "The database is not available at the moment."
_RETRYABLE_STATES = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock timeout


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC instant. Refuses naive values; gives aware ones back on both databases.

    PostgreSQL stores timestamptz; SQLite stores naive UTC text, which this type makes aware again.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime cannot be stored"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Gives transactions on one URL. Thread-safe; made once per process, after any fork.

    A writing transaction waits for its turn, a connection and locks for `wait_seconds` in all,
    re-runs included; then it is refused. A web process passes `ANSWERING_SECONDS`, so that who
    waits for a crowded row is told by the service to come again, and the gateway does not take the
    service for dead.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 4,
        wait_seconds: float = PATIENT_SECONDS,
    ) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = (
            _sqlite_engine(url, wait_seconds)
            if self.is_sqlite
            else _postgresql_engine(url, pool_size, wait_seconds)
        )
        self._wait_seconds = wait_seconds
        self._turn = threading.Lock()
        self._hooks: list[Callable[[Mapping[Any, Any]], None]] = []

    def after_commit(self, hook: Callable[[Mapping[Any, Any]], None]) -> None:
        """Call `hook(session.info)` after every successful writing commit. A hook must not raise
        and must be quick.
        """
        self._hooks.append(hook)

    def writing(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction and commit; all or nothing.

        `work` may run up to three times (deadlock, serialization failure, busy SQLite, a connection
        that died before the commit was sent), so it must have no effect outside the session.

        Raises:
            Unavailable: the database cannot be reached or stayed busy, and nothing was written; or
                the connection died during the commit, and nobody knows: it is not run again, for a
                second run would refuse what the first one may have done.
        """
        deadline = time.monotonic() + self._wait_seconds
        last: DBAPIError | None = None
        for attempt in range(TRIES):
            if attempt:
                time.sleep(random.uniform(0.005, 0.03) * 2**attempt)  # noqa: S311 - spreading retries, not a secret
                if time.monotonic() > deadline:
                    break
            try:
                with self._own_turn(deadline):
                    return self._write_once(work, deadline)
            except DBAPIError as error:
                if not _may_be_retried(error):
                    raise
                last = error
        raise Unavailable(NOT_AVAILABLE) from last

    @contextmanager
    def _own_turn(self, deadline: float) -> Iterator[None]:
        """Let the threads of this process write to SQLite one after the other.

        SQLite waits for its lock by asking again after growing pauses, so under load some would
        starve; a thread that queues here is woken when it is its turn.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise Unavailable(NOT_AVAILABLE)
        try:
            yield
        finally:
            self._turn.release()

    def reading(self, work: Callable[[Session], T]) -> T:
        """Run `work` on a session that is rolled back at the end; nothing it does is kept.

        Raises:
            Unavailable: the database cannot be reached.
        """
        for attempt in range(2):
            try:
                with Session(self.engine, expire_on_commit=False) as session:
                    return work(session)
            except DBAPIError as error:
                if not _may_be_retried(error):
                    raise
                if attempt:
                    raise Unavailable(NOT_AVAILABLE) from error
        raise AssertionError  # both attempts returned or raised

    def answers(self) -> bool:
        """Tell whether the database answers a trivial question now."""
        try:
            self.reading(lambda session: session.execute(text("SELECT 1")).scalar_one())
        except (Unavailable, DBAPIError):
            return False
        return True

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    def writing_engine(self, deadline: float) -> Engine:
        """Give an engine whose transactions may write: on SQLite they hold the one write lock from
        their beginning, for which they wait until `deadline` (of `time.monotonic()`).
        """
        return self.engine.execution_options(hearth_write_until=deadline)

    def _write_once(self, work: Callable[[Session], T], deadline: float) -> T:
        with Session(self.writing_engine(deadline), expire_on_commit=False) as session:
            if not self.is_sqlite:
                self._shorten_lock_waits(session, deadline)
            result = work(session)
            session.flush()
            _commit(session)
            info = session.info
        for hook in self._hooks:
            hook(info)
        return result

    def _shorten_lock_waits(self, session: Session, deadline: float) -> None:
        """Take the time that a wait for a connection or an earlier run cost off the locks' time."""
        session.connection()
        left = deadline - time.monotonic()
        if left < self._wait_seconds * 0.9:
            milliseconds = max(1, int(left * 1000))
            session.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))


def _commit(session: Session) -> None:
    """Commit what is flushed; when the connection dies now, the outcome is unknown.

    Raises:
        Unavailable: it died.
    """
    try:
        session.commit()
    except DBAPIError as error:
        if error.connection_invalidated or _is_connection_lost(error):
            raise Unavailable(NOT_AVAILABLE) from error
        raise


def _is_connection_lost(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state is not None and state.startswith(("08", "57P"))


def _may_be_retried(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _RETRYABLE_STATES or _is_connection_lost(error)
    if isinstance(error, OperationalError | InterfaceError):
        words = str(error.orig)
        return "locked" in words or "busy" in words or "connect" in words or "closed" in words
    return False


def _postgresql_engine(url: str, pool_size: int, wait_seconds: float) -> Engine:
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=8,  # closed again after the burst: the server's connections are few
        pool_timeout=wait_seconds,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 2,
            "options": f"-c timezone=UTC -c lock_timeout={round(wait_seconds * 1000)} "
            "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=30000",
        },
    )


def _sqlite_engine(url: str, wait_seconds: float) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=20,
        max_overflow=20,
        connect_args={"timeout": wait_seconds, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # Safe against killed processes. A power cut may lose the last moments (never tear a
    # transaction), which is why production refuses SQLite.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once for a writing transaction, waiting until its deadline: a later
    upgrade would fail as "locked" instead of waiting.
    """
    until = connection.get_execution_options().get("hearth_write_until")
    if until is None:
        connection.exec_driver_sql("BEGIN")
        return
    milliseconds = max(1, int((until - time.monotonic()) * 1000))
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
