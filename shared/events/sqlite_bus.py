"""The embedded broker: one SQLite file shared by the processes of one host. Development and tests;
production refuses it.

It keeps the promises of the port as RabbitMQ does: a copy per queue, kept until acknowledged; one
active consumer per queue (a file lock, freed by the kernel when its process dies); delivery in
order; an event nobody's queue wants is given back. Consumers are woken by a datagram.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, CreateTable

from shared.database import Database
from shared.errors import Unavailable
from shared.events.broker import (
    BrokerUnavailable,
    Delivery,
    Message,
    Outcome,
    OutcomeKind,
    Publisher,
    Subscription,
    Topology,
)
from shared.events.exclusive import FileLock
from shared.events.nudge import database_file
from shared.events.passing import PassingTeller
from shared.events.wakeups import SocketListener, ring, socket_path

T = TypeVar("T")

_LOOK_AGAIN_SECONDS = 1.0
_STANDBY_SECONDS = 0.1

_metadata = MetaData()
_bindings = Table(
    "bindings",
    _metadata,
    Column("type", String(120), primary_key=True),
    Column("queue", String(120), primary_key=True),
)
_messages = Table(
    "messages",
    _metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("queue", String(120), nullable=False),
    Column("type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # a position is never used twice, so "after the last one" is safe
)
_by_queue = Index("ix_messages_queue", _messages.c.queue, _messages.c.position)


class SqliteBus:
    """The broker in a file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = database_file(database)
        self.address = str(self._file)

    @classmethod
    def at(cls, url: str) -> "SqliteBus":
        """Open the bus of a URL `sqlite:///path`; the file is made when it is first needed."""
        return cls(Database(url))

    def declare(self, topology: Topology) -> None:
        """Make tables, queues and bindings that are not there yet.

        Raises:
            BrokerUnavailable: the file cannot be written.
        """
        bindings = [
            {"type": event_type, "queue": queue_of(service)}
            for service, types in topology.items()
            for event_type in sorted(types)
        ]
        _attempt(lambda: self._database.writing(lambda session: _declare(session, bindings)))

    def publisher(self) -> Publisher:
        """Open a publisher."""
        return _SqlitePublisher(self._database, self._file)

    def subscription(self, service: str) -> Subscription:
        """Open the subscription of a service; it stands by while another consumer is active."""
        return _SqliteSubscription(self._database, self._file, queue_of(service))

    def close(self) -> None:
        """Close the pooled connections."""
        self._database.dispose()


def queue_of(service: str) -> str:
    """Give the name of a service's queue."""
    return f"{service}.events"


def _attempt(work: Callable[[], T]) -> T:
    try:
        return work()
    except (DBAPIError, Unavailable, OSError) as error:
        message = "the bus file cannot be used"
        raise BrokerUnavailable(message) from error


def _declare(session: Session, bindings: Sequence[dict[str, str]]) -> None:
    for table in _metadata.sorted_tables:
        session.execute(CreateTable(table, if_not_exists=True))
    session.execute(CreateIndex(_by_queue, if_not_exists=True))
    if bindings:
        session.execute(sqlite_insert(_bindings).values(bindings).on_conflict_do_nothing())


class _SqlitePublisher:
    def __init__(self, database: Database, file: Path) -> None:
        self._database = database
        self._file = file
        self._teller = PassingTeller(file)

    def publish(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        def store(session: Session) -> dict[str, list[str]]:
            queues = _queues_by_type(session)
            copies = [
                {"queue": queue, "type": message.type, "body": message.body}
                for message in messages
                for queue in queues.get(message.type, ())
            ]
            if copies:
                session.execute(insert(_messages), copies)
            return queues

        queues = _attempt(lambda: self._database.writing(store))
        self._wake({queue for message in messages for queue in queues.get(message.type, ())})
        self._teller.tell([message.body for message in messages if message.is_live])
        return [_outcome(message, queues) for message in messages]

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go of."""

    def _wake(self, queues: set[str]) -> None:
        for queue in queues:
            ring(socket_path(self._file, queue))


def _queues_by_type(session: Session) -> dict[str, list[str]]:
    queues = defaultdict(list)
    for event_type, queue in session.execute(select(_bindings.c.type, _bindings.c.queue)):
        queues[event_type].append(queue)
    return queues


def _outcome(message: Message, queues: dict[str, list[str]]) -> Outcome:
    if message.type in queues:
        return Outcome(kind=OutcomeKind.CONFIRMED)
    return Outcome(kind=OutcomeKind.RETURNED, reason="NO_ROUTE")


class _SqliteSubscription:
    def __init__(self, database: Database, file: Path, queue: str) -> None:
        self._database = database
        self._queue = queue
        self._lock = FileLock(file.with_name(f".{file.name}.{queue}.lock"))
        self._socket_path = socket_path(file, queue)
        self._listener: SocketListener | None = None
        self._last_position = 0
        self._closed = threading.Event()

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[Delivery]:
        until = time.monotonic() + timeout_seconds
        while not self._closed.is_set():
            if self._is_active() and (deliveries := self._after_last(limit)):
                return deliveries
            remaining = until - time.monotonic()
            if remaining <= 0:
                break
            self._wait(remaining)
        return []

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Delete everything up to the newest of these: they are the oldest ones of the queue."""
        if not deliveries:
            return
        newest = max(delivery.tag for delivery in deliveries)
        forget = delete(_messages).where(
            _messages.c.queue == self._queue, _messages.c.position <= newest
        )
        _attempt(lambda: self._database.writing(lambda session: session.execute(forget)))

    def close(self) -> None:
        self._closed.set()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._lock.release()

    def _is_active(self) -> bool:
        """Become the active consumer when nobody else is; the lock comes before the socket, so the
        socket is always the active one's.
        """
        if not self._lock.acquire():
            return False
        if self._listener is None:
            try:
                self._listener = SocketListener(self._socket_path)
            except OSError as error:
                message = "the wake-up socket of the bus cannot be made"
                raise BrokerUnavailable(message) from error
        return True

    def _wait(self, remaining: float) -> None:
        if self._listener is None:
            self._closed.wait(min(remaining, _STANDBY_SECONDS))
        else:
            self._listener.wait(min(remaining, _LOOK_AGAIN_SECONDS))

    def _after_last(self, limit: int) -> Sequence[Delivery]:
        wanted = (
            select(_messages.c.position, _messages.c.body)
            .where(_messages.c.queue == self._queue, _messages.c.position > self._last_position)
            .order_by(_messages.c.position)
            .limit(limit)
        )
        rows = _attempt(
            lambda: self._database.reading(lambda session: session.execute(wanted).all())
        )
        deliveries = [Delivery(tag=position, body=body) for position, body in rows]
        if deliveries:
            self._last_position = deliveries[-1].tag
        return deliveries
