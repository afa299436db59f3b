"""One at a time across processes: who holds the named lock of a database may relay, or run a timed
job.

PostgreSQL: a session advisory lock on a connection of its own. SQLite: the kernel's lock on a file
beside the database, which is freed at once when its process dies, where a lease row would have to
run out first.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database
from shared.events.nudge import database_file


class ExclusiveLock(Protocol):
    """A named lock that at most one holder has. Used by one thread."""

    def acquire(self) -> bool:
        """Try to take the lock, or see whether it is still held; never waits. An unreachable
        database gives False.
        """
        ...

    def release(self) -> None:
        """Give the lock back; never raises."""
        ...


def exclusive_lock(database: Database, name: str) -> ExclusiveLock:
    """Make the lock `name` of a database."""
    if database.is_sqlite:
        path = database_file(database)
        return FileLock(path.with_name(f".{path.name}.{name}.lock"))
    return AdvisoryLock(database, name)


@contextmanager
def holding(lock: ExclusiveLock) -> Iterator[bool]:
    """Try to take the lock for the block; the block learns whether it has it."""
    acquired = lock.acquire()
    try:
        yield acquired
    finally:
        if acquired:
            lock.release()


class FileLock:
    """`flock` on a file. The file stays: removing it could split the lock in two."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock unless another process or thread has it."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Close the file, which frees the lock."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


class AdvisoryLock:
    """`pg_try_advisory_lock` on a connection that is kept as long as the lock is."""

    def __init__(self, database: Database, name: str) -> None:
        self._engine = database.engine
        digest = hashlib.sha256(f"hearth {name}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        """Take the lock, or ask its connection whether it lives: the lock dies with it."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._take()
        except SQLAlchemyError:
            self.release()
            return False

    def release(self) -> None:
        """Unlock; where that fails really close the connection: back in the pool it would keep the
        lock.
        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self._key})
        except SQLAlchemyError:
            connection.invalidate()
        with contextlib.suppress(SQLAlchemyError):
            connection.close()

    def _take(self) -> bool:
        self._connection = self._engine.connect()
        self._connection.execution_options(isolation_level="AUTOCOMMIT")
        if self._connection.execute(
            text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}
        ).scalar_one():
            return True
        self._connection.close()
        self._connection = None
        return False
