"""One service's database: the only place where transactions begin, commit and roll back.

`writing` and `reading` are opened at the edge (a view, a listener, a job, a command); domain code
receives the session. What two may write at once is inserted by `insert_unless_there` or
`insert_or_change`, where a unique constraint decides. The same code runs on SQLite (WAL, immediate
transactions: one writer at a time, the others wait) and PostgreSQL (READ COMMITTED with row locks).
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Row,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from shared.clock import Clock, SystemClock
from shared.errors import Unavailable

T = TypeVar("T")

TRIES = 3
PATIENT_SECONDS = 5.0  # what a worker or a command waits for a connection and for locks
ANSWERING_SECONDS = 2.0  # what a request waits: less than the gateway waits for the answer
NOT_AVAILABLE = "The database is not available at the moment."
# serialization failure, deadlock, lock timeout, statement timeout
_RETRYABLE_STATES = frozenset({"40001", "40P01", "55P03", "57014"})
_BEFORE_COMMIT = "before_commit"  # key of session.info
_CLOCK = "clock"
MOST_STATEMENT_SECONDS = 10  # of a worker or a command; a request's are as short as its answer


_answer_by: ContextVar[float | None] = ContextVar("answer_by", default=None)


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Bound everything the databases are asked in this block, together: what cannot be done in time
    is refused, and nothing is committed afterwards.

    A caller who has been told "not now" must not find it done a moment later.
    """
    token = _answer_by.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _answer_by.reset(token)


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


def before_commit(session: Session, finish: Callable[[Session], None]) -> None:
    """Let `finish` write as the last thing of a writing transaction, for what must be locked as
    shortly as can be.
    """
    session.info.setdefault(_BEFORE_COMMIT, []).append(finish)


def clock_of(session: Session) -> Clock:
    """Give the clock a session of `Database` goes by."""
    clock: Clock = session.info[_CLOCK]
    return clock


class Database:
    """Gives transactions on one URL. Thread-safe; made once per process, after any fork.

    A writing transaction waits for its turn, a connection and locks for `wait_seconds` in all,
    re-runs included; then it is refused. A web process passes `ANSWERING_SECONDS` and answers each
    request within as much (`answering_within`), so that who waits for a crowded row is told by the
    service to come again, and the gateway does not take the service for dead.

    Each session's `info` holds what `session_info` does, and the clock its events are dated by: the
    machine's, until an app or a worker that goes by another says so.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 4,
        wait_seconds: float = PATIENT_SECONDS,
        session_info: Mapping[str, object] | None = None,
    ) -> None:
        self.url = url
        self.clock: Clock = SystemClock()
        self._session_info = dict(session_info or {})
        self.is_sqlite = url.startswith("sqlite")
        self.engine = (
            _sqlite_engine(url, wait_seconds)
            if self.is_sqlite
            else _postgresql_engine(url, pool_size, wait_seconds)
        )
        self._reading_engine = self.engine.execution_options(postgresql_readonly=True)
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
            Unavailable: the database cannot be reached or stayed busy, or the time to answer is
                over, and nothing was written; or the connection died during the commit, and nobody
                knows: it is not run again, for a second run would refuse what the first may have
                done.
        """
        deadline = self._deadline()
        last: DBAPIError | PoolTimeout | None = None
        for attempt in range(TRIES):
            if attempt:
                time.sleep(random.uniform(0.005, 0.03) * 2**attempt)  # noqa: S311 - spreading retries, not a secret
            if time.monotonic() > deadline:
                break
            try:
                with self._own_turn(deadline):
                    return self._write_once(work, deadline)
            except PoolTimeout as error:
                last = error
                break
            except DBAPIError as error:
                if not _may_be_retried(error):
                    raise
                last = error
        raise Unavailable(NOT_AVAILABLE) from last

    def _deadline(self) -> float:
        """Give the instant (of `time.monotonic()`) until which a transaction begun now may wait."""
        own = time.monotonic() + self._wait_seconds
        answer_by = _answer_by.get()
        return own if answer_by is None else min(own, answer_by)

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
        """Run `work` on a session of which nothing is kept; PostgreSQL refuses it to write or lock.

        Raises:
            Unavailable: the database cannot be reached, or not in time.
        """
        deadline = self._deadline()
        last: DBAPIError | PoolTimeout | None = None
        for _ in range(2):
            if time.monotonic() > deadline:
                break
            try:
                return self._read_once(work, deadline)
            except PoolTimeout as error:
                last = error
                break
            except DBAPIError as error:
                if not _may_be_retried(error):
                    raise
                last = error
        raise Unavailable(NOT_AVAILABLE) from last

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

    def _session(self, engine: Engine) -> Session:
        info = {**self._session_info, _CLOCK: self.clock}
        return Session(engine, expire_on_commit=False, info=info)

    def _write_once(self, work: Callable[[Session], T], deadline: float) -> T:
        with self._session(self.writing_engine(deadline)) as session:
            self._shorten_waits(session, deadline)
            result = work(session)
            session.flush()
            for finish in session.info.pop(_BEFORE_COMMIT, ()):
                finish(session)
            _refuse_late_commit()
            _commit(session)
            info = session.info
        for hook in self._hooks:
            hook(info)
        return result

    def _read_once(self, work: Callable[[Session], T], deadline: float) -> T:
        with self._session(self._reading_engine) as session:
            self._shorten_waits(session, deadline)
            result = work(session)
            session.expunge_all()  # what it may have changed is not written either
            if not self.is_sqlite:
                session.commit()  # at a rollback psycopg forgets every prepared statement
            return result

    def _shorten_waits(self, session: Session, deadline: float) -> None:
        """Take the time that a wait for a connection or an earlier transaction cost off what locks
        and statements may cost. PostgreSQL's lock_timeout counts for each lock; a statement may
        wait for several.
        """
        if self.is_sqlite:
            return
        session.connection()
        left = deadline - time.monotonic()
        if left < self._wait_seconds * 0.9:
            wait = f"{max(1, int(left * 1000))}ms"
            names = ("lock_timeout", "statement_timeout")
            session.execute(select(*(func.set_config(name, wait, True) for name in names)))


def insert_unless_there(
    session: Session, into: type[DeclarativeBase] | Table, *rows: Mapping[str, Any]
) -> int:
    """Insert the rows that no unique constraint refuses and leave the others as they are; give how
    many were inserted. Each row maps column names to values, all rows the same columns.

    Waits for another transaction that is inserting the same key, so that a locking read afterwards
    finds the row whoever inserted it.
    """
    return len(inserted_of(session, into, inspect(into).primary_key, *rows))


def inserted_of(
    session: Session,
    into: type[DeclarativeBase] | Table,
    columns: Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]],
    *rows: Mapping[str, Any],
) -> Sequence[Row[Any]]:
    """Insert as `insert_unless_there` does; give these columns of the rows that were inserted."""
    if not rows:
        return []
    statement = _insert_into(session, into).on_conflict_do_nothing().returning(*columns)
    # Rows as parameters, not as VALUES: so the compiled statement is kept and used again.
    return session.execute(statement, [dict(row) for row in rows]).all()


def insert_or_change(
    session: Session,
    into: type[DeclarativeBase] | Table,
    row: Mapping[str, Any],
    *,
    changes: Mapping[str, Any] | None = None,
    only_if: ColumnElement[bool] | None = None,
) -> bool:
    """Insert a row, or change the one that has its primary key; tell whether anything was written.

    `changes` are the values an existing row takes, all of `row` by default; it takes them `only_if`
    the condition holds for what stands there. Objects of the row that the session holds already
    stay as they were read: read again with `populate_existing`.
    """
    key = list(inspect(into).primary_key)
    names = {column.name for column in key}
    if changes is None:
        changes = {name: value for name, value in row.items() if name not in names}
    statement = _insert_into(session, into).values(**row)
    statement = statement.on_conflict_do_update(
        index_elements=key, set_=dict(changes), where=only_if
    )
    return session.execute(statement.returning(*key)).first() is not None


def _insert_into(session: Session, into: type[DeclarativeBase] | Table) -> Any:
    """Give the INSERT of this database that knows ON CONFLICT, after what the session holds."""
    session.flush()
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    table = into if isinstance(into, Table) else inspect(into).local_table
    return (postgresql if is_postgresql else sqlite).insert(table)


def _refuse_late_commit() -> None:
    answer_by = _answer_by.get()
    if answer_by is not None and time.monotonic() > answer_by:
        raise Unavailable(NOT_AVAILABLE)


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
    statement_seconds = wait_seconds if wait_seconds < PATIENT_SECONDS else MOST_STATEMENT_SECONDS
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=8,  # closed again after the burst: the server's connections are few
        pool_timeout=wait_seconds,
        pool_pre_ping=True,
        pool_use_lifo=True,  # few connections are kept busy, so their prepared statements are used
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 2,
            "options": f"-c timezone=UTC -c lock_timeout={round(wait_seconds * 1000)} "
            f"-c statement_timeout={statement_seconds * 1000:.0f} "
            "-c idle_in_transaction_session_timeout=30000",
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
        pool_timeout=wait_seconds,
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
