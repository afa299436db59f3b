"""The nudge: tells the relay, across processes, that a commit has left something in the outbox.

LISTEN/NOTIFY on PostgreSQL; on SQLite a datagram socket beside the database file. It never fails a
request, also when nobody listens, because the relay looks by itself once a second;
`RELAY_NUDGE=off` leaves it at that.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database
from shared.events.outbox import HAS_OUTBOX_ROWS
from shared.events.wakeups import SocketListener, ring, socket_path

_CHANNEL = "hearth_outbox"


class NudgeListener(Protocol):
    """Where the relay waits."""

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for a nudge; tell whether there was one."""
        ...

    def close(self) -> None:
        """Stop listening; never raises."""
        ...


class Nudge(Protocol):
    """Rings and listens for one database."""

    def ring(self) -> None:
        """Wake the relay; never raises."""
        ...

    def listen(self) -> NudgeListener:
        """Begin to listen; never raises: where listening is impossible, waiting just lasts its
        time.
        """
        ...

    def close(self) -> None:
        """Let go of what ringing holds; never raises."""
        ...


def create_nudge(database: Database, *, enabled: bool) -> Nudge:
    """Make the nudge that fits the database."""
    if not enabled:
        return SilentNudge()
    if database.is_sqlite:
        return SocketNudge(socket_path(database_file(database), "relay"))
    return PostgresqlNudge(database)


def install_nudge(database: Database, *, enabled: bool = True) -> Nudge:
    """Make the nudge and ring it after every commit that wrote to the outbox."""
    nudge = create_nudge(database, enabled=enabled)

    def ring_when_needed(info: Mapping[Any, Any]) -> None:
        if info.get(HAS_OUTBOX_ROWS):
            nudge.ring()

    database.after_commit(ring_when_needed)
    return nudge


def database_file(database: Database) -> Path:
    """Give the path of an SQLite database."""
    return Path(make_url(database.url).database or "hearth.sqlite3")


class SilentNudge:
    """Rings nobody; a listener just waits."""

    def ring(self) -> None:
        """Do nothing."""

    def listen(self) -> NudgeListener:
        """Give a listener that sleeps."""
        return _Sleeper()

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go of."""


class _Sleeper:
    def __init__(self) -> None:
        self._closed = threading.Event()

    def wait(self, timeout_seconds: float) -> bool:
        self._closed.wait(timeout_seconds)
        return False

    def close(self) -> None:
        self._closed.set()


class SocketNudge:
    """A datagram to the relay's socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ring(self) -> None:
        """Send a datagram, if anybody is there."""
        ring(self._path)

    def listen(self) -> NudgeListener:
        """Listen at the socket; sleep instead when it cannot be made."""
        try:
            return SocketListener(self._path)
        except OSError:
            return _Sleeper()

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go of."""


class PostgresqlNudge:
    """NOTIFY in a short transaction of its own, on a connection of its own: inside the business
    transaction it would make all commits queue behind one lock.
    """

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._connection: Connection | None = None
        self._one_at_a_time = threading.Lock()
        event.listen(self._engine, "engine_disposed", lambda _engine: self.close())

    def ring(self) -> None:
        """Notify, if the database lets us; a connection that died since is replaced once."""
        with self._one_at_a_time:
            if not self._notified():
                self._notified()

    def listen(self) -> NudgeListener:
        """Listen on a connection of its own."""
        return _PostgresqlListener(self._engine)

    def close(self) -> None:
        """Close the connection; the next ring opens another."""
        with self._one_at_a_time:
            self._drop()

    def _notified(self) -> bool:
        try:
            if self._connection is None:
                self._connection = _own_connection(self._engine)
            self._connection.execute(text(f"NOTIFY {_CHANNEL}"))
        except SQLAlchemyError:
            self._drop()
            return False
        return True

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        _discard(connection)


class _PostgresqlListener:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def wait(self, timeout_seconds: float) -> bool:
        until = time.monotonic() + timeout_seconds
        try:
            if self._connection is None:
                self._connection = self._listening()
                return True  # what was notified before this moment was not heard: look
            driver: Any = self._connection.connection.driver_connection
            return any(True for _ in driver.notifies(timeout=timeout_seconds, stop_after=1))
        except Exception:  # noqa: BLE001 - a broken ear must not stop the relay; the driver's errors are not wrapped here
            self.close()
            time.sleep(max(0.0, until - time.monotonic()))
            return False

    def close(self) -> None:
        connection, self._connection = self._connection, None
        _discard(connection)

    def _listening(self) -> Connection:
        connection = _own_connection(self._engine)
        connection.execute(text(f"LISTEN {_CHANNEL}"))
        return connection


def _own_connection(engine: Engine) -> Connection:
    """Take a connection that autocommits; `_discard` closes it instead of handing it back."""
    connection = engine.connect()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    return connection


def _discard(connection: Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(SQLAlchemyError):
            connection.invalidate()
            connection.close()
