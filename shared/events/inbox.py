"""The inbox: every event is stored before it is acknowledged, then handled in order per subject;
effect and "done" commit together.

States: `received`, and once finished `done`, `ignored` (this release has no handler for it), `dead`
(given up, waits for an operator) or `dropped`. An event counts as unfinished, and later ones of its
source and subject wait, until it is finished; `dead` is finished.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database import Database, insert_unless_there
from shared.events.envelope import Envelope, UnreadableEnvelope
from shared.events.tables import inbox, quarantine
from shared.logs import correlation, described_error

RECEIVED = "received"
DONE = "done"
IGNORED = "ignored"
DEAD = "dead"
DROPPED = "dropped"

PAUSES_SECONDS = (5, 60, 600, 1800, 3600, 3600, 3600)
MOST_TRIES = len(PAUSES_SECONDS) + 1
LONGEST_WAIT = timedelta(days=7)
SHORTEST_PAUSE_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 1.0

Handler = Callable[[Session, Envelope], None]
"""Does an event's effect in the given transaction and nowhere else."""
_HANDLED_AT = "handled_at"


class RetryLater(Exception):
    """The handler cannot know yet; ask again in `delay_seconds`. Counts as no try, and ends as dead
    after seven days.
    """

    def __init__(self, delay_seconds: float) -> None:
        self.delay_seconds = delay_seconds
        super().__init__(f"in {delay_seconds} seconds")


class UnprocessableEvent(Exception):
    """The event can never be handled: dead at once. The reason is stored and must not hold personal
    data.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, kw_only=True)
class Handled:
    """What became of one handling: the state it left, and how long it took."""

    event_type: str
    state: str
    duration_seconds: float


@dataclass(kw_only=True)
class _Claimed:
    """The row a transaction works on, kept outside it so that a failure can be recorded."""

    position: int
    attempts: int
    received_at: datetime
    envelope: Envelope = field(repr=False)


def handled_at(session: Session, envelope: Envelope) -> datetime:
    """Give the instant at which an event is handled, for effects that depend on what has begun by
    now; where nobody told it, the instant of the event.
    """
    moment = session.info.get(_HANDLED_AT, envelope.time)
    return moment if isinstance(moment, datetime) else envelope.time


def receive(database: Database, bodies: Sequence[bytes], clock: Clock) -> int:
    """Store raw events in one transaction, in order, each once; what is no envelope goes to the
    quarantine. Give how many were new.
    """
    events: list[dict[str, Any]] = []
    unreadable: list[dict[str, Any]] = []
    now = clock.now()
    for body in bodies:
        try:
            events.append(_inbox_row(body, now))
        except UnreadableEnvelope as error:
            structlog.get_logger().warning("event_quarantined", reason=str(error))
            unreadable.append(_quarantine_row(body, str(error), now))

    def store(session: Session) -> int:
        insert_unless_there(session, quarantine, *unreadable)
        return insert_unless_there(session, inbox, *events)

    return database.writing(store)


def handle_waiting(
    database: Database,
    handlers: Mapping[str, Handler],
    clock: Clock,
    *,
    stop: threading.Event | None = None,
    observe: Callable[[Handled], None] = lambda handled: None,
) -> int:
    """Handle everything that is due, until nothing is or `stop` is set; give the number of events
    tried.

    Raises:
        Unavailable: the database is away.
    """
    count = 0
    position = 0
    while stop is None or not stop.is_set():
        tried = _handle_next(database, handlers, clock, position, observe)
        if tried is None:
            break
        position = tried
        count += 1
    return count


class InboxHandler:
    """The role of a worker that handles what the consumer stored."""

    name = "inbox"

    def __init__(
        self,
        *,
        database: Database,
        handlers: Mapping[str, Handler],
        clock: Clock,
        bell: threading.Event,
        observe: Callable[[Handled], None] = lambda handled: None,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._bell = bell
        self._observe = observe

    def open(self) -> None:
        """Need nothing beforehand."""

    def step(self, stop: threading.Event) -> None:
        """Handle what is due until nothing is; then wait for the consumer's bell, and look once a
        second for pauses that ended.

        Raises:
            Unavailable: the database is away.
        """
        self._bell.clear()
        handle_waiting(
            self._database, self._handlers, self._clock, stop=stop, observe=self._observe
        )
        if not stop.is_set():
            self._bell.wait(LOOK_AGAIN_SECONDS)

    def close(self) -> None:
        """Hold nothing, so there is nothing to let go of."""


def _inbox_row(body: bytes, now: datetime) -> dict[str, Any]:
    envelope = Envelope.from_json(body)
    return {
        "source": envelope.source,
        "event_id": envelope.id,
        "type": envelope.type,
        "subject": envelope.subject,
        "envelope": body.decode("utf-8"),
        "state": RECEIVED,
        "received_at": now,
    }


def _quarantine_row(body: bytes, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "received_at": now,
        "reason": reason,
        "digest": hashlib.sha256(body).hexdigest(),
        "body": body,
    }


def _due(now: datetime) -> ColumnElement[bool]:
    """Received, its pause over, and nothing of its subject before it is unfinished."""
    earlier = inbox.alias("earlier")
    is_behind = exists().where(
        earlier.c.source == inbox.c.source,
        earlier.c.subject == inbox.c.subject,
        earlier.c.position < inbox.c.position,
        earlier.c.finished_at.is_(None),
    )
    return and_(
        inbox.c.finished_at.is_(None),
        or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= now),
        ~is_behind,
    )


def _claim_next(session: Session, after: int, now: datetime) -> _Claimed | None:
    """Lock the next due row after a position; those that another worker has are passed over."""
    wanted = select(inbox).where(inbox.c.position > after, _due(now)).order_by(inbox.c.position)
    locked = wanted.limit(1).with_for_update(skip_locked=True, of=inbox)
    row = session.execute(locked).mappings().first()
    if row is None:
        return None
    return _Claimed(
        position=row["position"],
        attempts=row["attempts"],
        received_at=row["received_at"],
        envelope=Envelope.from_json(row["envelope"].encode()),
    )


def _handle_next(
    database: Database,
    handlers: Mapping[str, Handler],
    clock: Clock,
    after: int,
    observe: Callable[[Handled], None],
) -> int | None:
    """Try the next due event after a position and give its position; None when there is none.

    Going forward is enough: what an event held up stands behind it.
    """
    claimed: list[_Claimed] = []
    started = time.monotonic()

    def work(session: Session) -> str | None:
        claimed.clear()
        now = clock.now()
        row = _claim_next(session, after, now)
        if row is None:
            return None
        claimed.append(row)
        session.info[_HANDLED_AT] = now
        state = _effect(session, handlers, row.envelope)
        _finish(session, row.position, state, clock.now())
        return state

    try:
        state = database.writing(work)
    except Exception as error:
        if not claimed:
            raise
        state = _record_failure(database, claimed[0], error, clock)
    if state is None:
        return None
    _report(claimed[0], state, time.monotonic() - started, observe)
    return claimed[0].position


def _effect(session: Session, handlers: Mapping[str, Handler], envelope: Envelope) -> str:
    handler = handlers.get(envelope.type)
    if handler is None:
        return IGNORED
    with correlation(envelope.correlation_id):
        handler(session, envelope)
        session.flush()
    return DONE


def _finish(session: Session, position: int, state: str, now: datetime) -> None:
    session.execute(
        update(inbox)
        .where(inbox.c.position == position)
        .values(
            state=state,
            finished_at=now,
            attempts=inbox.c.attempts + 1,
            retry_at=None,
            problem=None,
        )
    )


def _record_failure(
    database: Database, claimed: _Claimed, error: BaseException, clock: Clock
) -> str:
    """Note a failed try in a transaction of its own, unless another worker has tried meanwhile;
    give the state it leaves.
    """
    now = clock.now()
    values = _after_failure(claimed, error, now)
    unchanged = update(inbox).where(
        inbox.c.position == claimed.position,
        inbox.c.attempts == claimed.attempts,
        inbox.c.finished_at.is_(None),
    )
    database.writing(lambda session: session.execute(unchanged.values(**values)))
    return str(values["state"])


def _after_failure(claimed: _Claimed, error: BaseException, now: datetime) -> dict[str, Any]:
    if isinstance(error, UnprocessableEvent):
        return _dead(claimed.attempts + 1, error.reason, now)
    if isinstance(error, RetryLater):
        if now - claimed.received_at > LONGEST_WAIT:
            return _dead(claimed.attempts, "waited for seven days", now)
        pause_seconds = max(SHORTEST_PAUSE_SECONDS, error.delay_seconds)
        return _waiting(claimed.attempts, pause_seconds, "asked to wait", now)
    description = described_error(error)
    problem = f"{description['error_type']} at {description['where']}"
    attempts = claimed.attempts + 1
    if attempts >= MOST_TRIES:
        return _dead(attempts, problem, now)
    return _waiting(attempts, PAUSES_SECONDS[attempts - 1], problem, now)


def _dead(attempts: int, problem: str, now: datetime) -> dict[str, Any]:
    return {
        "state": DEAD,
        "attempts": attempts,
        "problem": problem,
        "finished_at": now,
        "retry_at": None,
    }


def _waiting(attempts: int, pause_seconds: float, problem: str, now: datetime) -> dict[str, Any]:
    return {
        "state": RECEIVED,
        "attempts": attempts,
        "problem": problem,
        "retry_at": now + timedelta(seconds=pause_seconds),
    }


def _report(
    claimed: _Claimed, state: str, seconds: float, observe: Callable[[Handled], None]
) -> None:
    envelope = claimed.envelope
    is_well = state in {DONE, IGNORED}
    structlog.get_logger().log(
        logging.INFO if is_well else logging.WARNING,
        "event_handled",
        event_id=envelope.id,
        event_type=envelope.type,
        source=envelope.source,
        correlation_id=envelope.correlation_id,
        state=state,
        duration_ms=round(seconds * 1000, 1),
    )
    observe(Handled(event_type=envelope.type, state=state, duration_seconds=seconds))
