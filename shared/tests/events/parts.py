"""Parts of the messaging tests: a small catalogue, a platform of two services on real databases and
a real broker, and effects that show what was handled and how often.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.orm import Session

from shared.database import Database
from shared.events.amqp import AmqpBroker
from shared.events.broker import Broker
from shared.events.brokers import create_broker
from shared.events.catalogue import SERVICES, Catalogue, load_catalogue
from shared.events.envelope import Envelope, Event
from shared.events.inbox import Handler
from shared.events.nudge import install_nudge
from shared.events.outbox import add_to_outbox
from shared.events.tables import inbox, messaging_metadata, outbox, quarantine
from shared.events.worker import Job, Worker
from shared.testing.rabbitmq import remove_topology

HAPPENED = "auth.thing.happened.v1"
TOLD = "auth.thing.told.v1"
UNHEARD = "auth.thing.unheard.v1"
LIVE = "auth.thing.shown.v1"
ADDED = "auth.thing.added.v1"
PRODUCER = "auth_service"
CONSUMER = "booking_service"
LATE_CONSUMER = "chat_service"
_CONSUMERS = {
    HAPPENED: [CONSUMER],
    TOLD: [CONSUMER, LATE_CONSUMER],
    UNHEARD: [],
    LIVE: [CONSUMER],
}

effects_metadata = MetaData()
effects = Table(
    "effects",
    effects_metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("number", Integer, nullable=False),
)


def record_effect(session: Session, envelope: Envelope) -> None:
    """The plainest handler: done twice, it would leave two rows."""
    session.execute(
        insert(effects).values(
            event_id=envelope.id, subject=envelope.subject, number=envelope.data["number"]
        )
    )


HANDLERS: Mapping[str, Handler] = {
    HAPPENED: record_effect,
    TOLD: record_effect,
    LIVE: record_effect,
}


class MovableClock:
    """The machine's clock, moved ahead by the test; used by several threads."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, **amount: float) -> None:
        self._ahead += timedelta(**amount)


def write_catalogue(folder: Path, consumers: Mapping[str, Sequence[str]]) -> Catalogue:
    """Write contracts of `thing` events below a folder and read them as the product does."""
    service = folder / PRODUCER
    service.mkdir(parents=True, exist_ok=True)
    entries = []
    for event_type, listed in consumers.items():
        entries.append(
            {
                "type": event_type,
                "consumers": list(listed),
                "subject": "thing/{thing_id}",
                "contact_data": False,
                "live": event_type == LIVE,
                "description": "A thing of the tests.",
            }
        )
        schema = {
            "type": "object",
            "required": ["number"],
            "properties": {"number": {"type": "integer"}},
            "additionalProperties": False,
        }
        (service / f"{event_type}.schema.json").write_text(json.dumps(schema))
    (service / "catalogue.yaml").write_text(yaml.safe_dump(entries))
    return load_catalogue(folder)


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a platform lives; goes to child processes as JSON."""

    folder: str
    broker_url: str
    name_prefix: str
    producer_url: str
    consumer_url: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Addresses":
        return cls(**json.loads(text))


@dataclass
class Platform:
    """One producing and one consuming service; workers are started by the tests."""

    addresses: Addresses
    clock: MovableClock = field(default_factory=MovableClock)
    interrupt: Callable[[], None] = lambda: None
    take_database_down: Callable[[], Callable[[], None]] = lambda: lambda: None

    def __post_init__(self) -> None:
        self.catalogue = write_catalogue(Path(self.addresses.folder) / "contracts", _CONSUMERS)
        self.producer = Database(self.addresses.producer_url)
        self.consumer = Database(self.addresses.consumer_url)
        self.producer.clock = self.clock
        self._brokers: list[Broker] = []
        self._workers: list[Worker] = []

    def create_tables(self) -> None:
        for database in (self.producer, self.consumer):
            messaging_metadata.create_all(database.engine)
            effects_metadata.create_all(database.engine)

    def broker(self) -> Broker:
        made = create_broker(self.addresses.broker_url, name_prefix=self.addresses.name_prefix)
        self._brokers.append(made)
        return made

    def announce(self, subject: str, *numbers: int, event_type: str = HAPPENED) -> list[str]:
        """Commit one transaction per number; give the ids of the events."""
        return [self._announce_one(subject, number, event_type) for number in numbers]

    def _announce_one(self, subject: str, number: int, event_type: str) -> str:
        event = Event(type=event_type, subject=f"thing/{subject}", data={"number": number})
        return self.producer.writing(
            lambda session: add_to_outbox(session, event, catalogue=self.catalogue)
        )

    def folder_named(self, name: str) -> Path:
        folder = Path(self.addresses.folder) / name
        folder.mkdir(exist_ok=True)
        return folder

    @contextmanager
    def speaking(self, catalogue: Catalogue) -> Iterator[None]:
        """Announce by another catalogue, as a newer release of the producer would."""
        usual, self.catalogue = self.catalogue, catalogue
        try:
            yield
        finally:
            self.catalogue = usual

    def producer_worker(self, **changes: Any) -> Worker:
        return self._worker(PRODUCER, self.producer, {}, **changes)

    def consumer_worker(self, handlers: Mapping[str, Handler] = HANDLERS, **changes: Any) -> Worker:
        return self._worker(CONSUMER, self.consumer, handlers, **changes)

    def _worker(
        self,
        service: str,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        catalogue: Catalogue | None = None,
        nudged: bool = True,
        jobs: Sequence[Job] = (),
    ) -> Worker:
        worker = Worker(
            service=service,
            database=database,
            broker=self.broker(),
            nudge=install_nudge(database, enabled=nudged),
            handlers=handlers,
            catalogue=catalogue or self.catalogue,
            clock=self.clock,
            jobs=jobs,
            heartbeat_file=Path(self.addresses.folder) / f"{service}.heartbeat",
        )
        self._workers.append(worker)
        return worker

    def start(self, *workers: Worker) -> None:
        for worker in workers or (self.producer_worker(), self.consumer_worker()):
            worker.start()

    def advance(self, **amount: float) -> None:
        """Move the clock and let the workers look at once."""
        self.clock.advance(**amount)
        for worker in self._workers:
            worker.wake()

    def stop(self) -> None:
        """Stop every worker; all must finish in time."""
        stopping = [threading.Thread(target=worker.stop) for worker in self._workers]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        assert all(worker.stop() for worker in self._workers)
        self._workers.clear()

    def close_brokers(self) -> None:
        for broker in self._brokers:
            broker.close()

    def close(self) -> None:
        self.stop()
        self.close_brokers()
        broker = self.broker()
        if isinstance(broker, AmqpBroker):
            remove_topology(broker, dict.fromkeys(SERVICES, frozenset()))
        self.producer.dispose()
        self.consumer.dispose()

    def effects_of(self, subject: str) -> list[int]:
        wanted = (
            select(effects.c.number)
            .where(effects.c.subject == f"thing/{subject}")
            .order_by(effects.c.id)
        )
        return list(self.consumer.reading(lambda session: session.scalars(wanted).all()))

    def effect_count(self) -> int:
        counting = select(func.count()).select_from(effects)
        return self.consumer.reading(lambda session: session.scalar(counting)) or 0

    def pending(self) -> int:
        counting = select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))
        return self.producer.reading(lambda session: session.scalar(counting)) or 0

    def outbox_row(self, event_id: str) -> Mapping[str, Any]:
        wanted = select(outbox).where(outbox.c.event_id == event_id)
        return self.producer.reading(lambda session: dict(session.execute(wanted).mappings().one()))

    def inbox_states(self) -> dict[str, str]:
        """Give state by event id."""
        wanted = select(inbox.c.event_id, inbox.c.state)
        return self.consumer.reading(
            lambda session: {row[0]: row[1] for row in session.execute(wanted)}
        )

    def quarantined(self) -> list[bytes]:
        wanted = select(quarantine.c.body).order_by(quarantine.c.id)
        return list(self.consumer.reading(lambda session: session.scalars(wanted).all()))


class FailsAtFirst:
    """A handler that raises the given number of times per event number before it works."""

    def __init__(self, failures: dict[int, int]) -> None:
        self.failures = failures

    def __call__(self, session: Session, envelope: Envelope) -> None:
        record_effect(session, envelope)  # the failure must take this back
        number = envelope.data["number"]
        if self.failures.get(number, 0) > 0:
            self.failures[number] -= 1
            raise ValueError(number)


def quietly(work: Callable[[], object]) -> None:
    """Do something whose failure does not matter to the test."""
    with suppress(Exception):
        work()
