"""The relay carries committed outbox rows to the broker: one per database at a time, in batches, in
order per subject, marked after confirm.

A crash between publish and mark sends a row twice under the same id; the inbox of the hearer knows
it again.
"""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database import Database
from shared.events.broker import Broker, Message, Outcome, OutcomeKind, Publisher
from shared.events.catalogue import Catalogue
from shared.events.exclusive import exclusive_lock
from shared.events.nudge import Nudge, NudgeListener
from shared.events.outbox import OutgoingEvent, mark_published, mark_returned, next_batch

BATCH_SIZE = 500
LOOK_AGAIN_SECONDS = 1.0


@dataclass
class _Turn:
    """What one batch has come to so far."""

    published: list[int] = field(default_factory=list)
    returned: dict[int, str] = field(default_factory=dict)


class Relay:
    """The role of a worker that publishes."""

    name = "relay"

    def __init__(
        self,
        *,
        database: Database,
        broker: Broker,
        catalogue: Catalogue,
        nudge: Nudge,
        clock: Clock,
    ) -> None:
        self._database = database
        self._broker = broker
        self._catalogue = catalogue
        self._nudge = nudge
        self._clock = clock
        self._lock = exclusive_lock(database, "relay")
        self._listener: NudgeListener | None = None
        self._publisher: Publisher | None = None

    def open(self) -> None:
        """Do nothing yet: only the relay that gets the lock connects and listens."""

    def step(self, stop: threading.Event) -> None:
        """Publish what waits; wait for a nudge when nothing does. Stands by while another worker
        relays.

        Raises:
            BrokerUnavailable: the broker is away; what was not marked stays open. Unavailable: the
            database is away.
        """
        if not self._lock.acquire():
            stop.wait(LOOK_AGAIN_SECONDS)
            return
        if self._listener is None:
            self._listener = self._nudge.listen()
        if not self.publish_batch() and not stop.is_set():
            self._listener.wait(LOOK_AGAIN_SECONDS)

    def publish_batch(self) -> bool:
        """Publish one batch of open rows and mark what was confirmed; tell whether more may be
        possible now: the batch was full, or what had been given back has left and holds up nothing
        any more. What is committed meanwhile rings.
        """
        batch = self._database.reading(
            lambda session: next_batch(session, now=self._clock.now(), limit=BATCH_SIZE)
        )
        publisher = self._connected()
        if not batch:
            return False
        turn = _Turn()
        try:
            self._publish_in_waves(publisher, batch, turn)
        finally:
            self._mark(batch, turn)
        was_full = len(batch) == BATCH_SIZE
        return bool(turn.published) and (was_full or any(event.attempts for event in batch))

    def close(self) -> None:
        """Let go of broker, lock and ear."""
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._lock.release()

    def _connected(self) -> Publisher:
        if self._publisher is None:
            self._broker.declare(self._catalogue.topology())
            self._publisher = self._broker.publisher()
        return self._publisher

    def _publish_in_waves(
        self, publisher: Publisher, batch: Sequence[OutgoingEvent], turn: _Turn
    ) -> None:
        """Have at most one event of a subject under way: the next leaves when it is confirmed and
        never when it is not.
        """
        waiting: dict[str, deque[OutgoingEvent]] = {}
        for event in batch:
            waiting.setdefault(event.subject, deque()).append(event)
        while waiting:
            wave = [events.popleft() for events in waiting.values()]
            outcomes = publisher.publish([self._message(event) for event in wave])
            kept = {
                event.subject
                for event, outcome in zip(wave, outcomes, strict=True)
                if self._note(event, outcome, turn)
            }
            waiting = {
                subject: events for subject, events in waiting.items() if events and subject in kept
            }

    def _note(self, event: OutgoingEvent, outcome: Outcome, turn: _Turn) -> bool:
        """Record an outcome; tell whether the event has left."""
        is_wanted = self._catalogue.has_consumers(event.type)
        if outcome.kind is OutcomeKind.CONFIRMED or (
            outcome.kind is OutcomeKind.RETURNED and not is_wanted
        ):
            turn.published.append(event.sequence)
            return True
        turn.returned[event.sequence] = f"{outcome.kind.value}: {outcome.reason}"
        structlog.get_logger().warning(
            "event_not_taken",
            event_id=event.event_id,
            event_type=event.type,
            sequence=event.sequence,
            reason=turn.returned[event.sequence],
        )
        return False

    def _mark(self, batch: Sequence[OutgoingEvent], turn: _Turn) -> None:
        if not turn.published and not turn.returned:
            return
        attempts: Mapping[int, int] = {event.sequence: event.attempts for event in batch}
        now = self._clock.now()

        def mark(session: Session) -> None:
            if turn.published:
                mark_published(session, turn.published, now=now)
            mark_returned(session, turn.returned, attempts, now=now)

        self._database.writing(mark)

    def _message(self, event: OutgoingEvent) -> Message:
        return Message(
            event_id=event.event_id,
            type=event.type,
            body=event.body,
            is_live=self._catalogue.is_live(event.type),
        )
