"""The outbox: a fact is written in the business transaction, and leaves later, by state and never
by a last-seen number.

Domain code calls `add_to_outbox`; the rest serves the relay and the operators' commands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from shared import strict_json
from shared.database import clock_of
from shared.events.catalogue import Catalogue, InvalidEventData, shipped_catalogue, source_of
from shared.events.envelope import Envelope, Event, UnreadableEnvelope, new_event_id
from shared.events.tables import WIPED, outbox
from shared.logs import current_correlation_id

HAS_OUTBOX_ROWS = "has_outbox_rows"  # key of session.info; the nudge looks at it after the commit
FIRST_PAUSE_SECONDS = 2
LONGEST_PAUSE_SECONDS = 60
_SUBJECT_LOCKS = 0x48656172  # one name space of PostgreSQL's two-part advisory locks


@dataclass(frozen=True, kw_only=True)
class OutgoingEvent:
    """One row that waits to leave, with the bytes that will travel."""

    sequence: int
    event_id: str
    type: str
    subject: str
    attempts: int
    body: bytes = field(repr=False)


def add_to_outbox(
    session: Session,
    event: Event,
    *,
    catalogue: Catalogue | None = None,
) -> str:
    """Write an event into the transaction and give its id; it leaves after the commit, or never
    when there is none. Its time is that of the session's clock.

    On PostgreSQL a lock per subject, held until the commit, makes the order of sequences within a
    subject the order of commits.

    Raises:
        UnknownEventType: the type has no catalogue entry. InvalidEventData: subject or data do not
        fit the contract; nothing was written.
    """
    entry = (catalogue or shipped_catalogue()).entry(event.type)
    entry.check(subject=event.subject, data=event.data)
    envelope = Envelope(
        id=new_event_id(),
        type=event.type,
        source=source_of(entry.producer),
        subject=event.subject,
        sequence=0,
        time=clock_of(session).now(),
        correlation_id=current_correlation_id(),
        data=event.data,
    )
    _check_readable(envelope)
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            select(func.pg_advisory_xact_lock(_SUBJECT_LOCKS, func.hashtext(event.subject)))
        )
    session.execute(insert(outbox).values(**_row_of(envelope)))
    session.info[HAS_OUTBOX_ROWS] = True
    return envelope.id


def next_batch(session: Session, *, now: datetime, limit: int) -> Sequence[OutgoingEvent]:
    """Give up to `limit` open rows that may leave now, in sequence order.

    A row waits while an earlier one of its subject was returned by the broker and its pause is not
    over.
    """
    earlier = outbox.alias("earlier")
    held_back = exists().where(
        earlier.c.subject == outbox.c.subject,
        earlier.c.sequence < outbox.c.sequence,
        earlier.c.published_at.is_(None),
        earlier.c.retry_at.is_not(None),
        earlier.c.retry_at > now,
    )
    rows = session.execute(
        select(outbox)
        .where(outbox.c.published_at.is_(None), _may_be_tried(now), ~held_back)
        .order_by(outbox.c.sequence)
        .limit(limit)
    )
    return [_outgoing(row) for row in rows.mappings()]


def mark_published(session: Session, sequences: Sequence[int], *, now: datetime) -> None:
    """Note that the broker has confirmed these rows."""
    session.execute(
        update(outbox)
        .where(outbox.c.sequence.in_(sequences), outbox.c.published_at.is_(None))
        .values(published_at=now, retry_at=None, problem=None)
    )


def mark_returned(
    session: Session, returned: Mapping[int, str], attempts: Mapping[int, int], *, now: datetime
) -> None:
    """Note why the broker gave rows back (`returned`: sequence → reason) and when to try again."""
    for sequence, reason in returned.items():
        tries = attempts[sequence] + 1
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(tries - 1, 10))
        session.execute(
            update(outbox)
            .where(outbox.c.sequence == sequence, outbox.c.published_at.is_(None))
            .values(attempts=tries, retry_at=now + timedelta(seconds=pause), problem=reason)
        )


def ask_again(session: Session, *, event_type: str, since: datetime) -> int:
    """Open the rows of a type since an instant again, so that they leave once more under their old
    ids; give their number. Those whose contact data was wiped have nothing to say any more.
    """
    changed = session.execute(
        update(outbox)
        .where(
            outbox.c.type == event_type,
            outbox.c.occurred_at >= since,
            outbox.c.published_at.is_not(None),
            outbox.c.data != WIPED,
        )
        .values(published_at=None, attempts=0, retry_at=None, problem=None)
        .returning(outbox.c.sequence)
    )
    count = len(changed.all())
    session.info[HAS_OUTBOX_ROWS] = count > 0
    return count


def count_wiped(session: Session, *, event_type: str, since: datetime) -> int:
    """Count the rows of a type since an instant that cannot leave again."""
    wanted = select(func.count()).where(
        outbox.c.type == event_type, outbox.c.occurred_at >= since, outbox.c.data == WIPED
    )
    return session.execute(wanted).scalar_one()


def _may_be_tried(now: datetime) -> ColumnElement[bool]:
    return or_(
        outbox.c.retry_at.is_(None), and_(outbox.c.retry_at.is_not(None), outbox.c.retry_at <= now)
    )


def _check_readable(envelope: Envelope) -> None:
    """Refuse what no consumer's strict reader would take: NUL, lone surrogates, too deep, too long
    lists.
    """
    try:
        Envelope.from_json(envelope.to_json())
    except (UnreadableEnvelope, TypeError, ValueError) as error:
        message = f"{envelope.type}: the envelope is not readable ({error})"
        raise InvalidEventData(message) from error


def _row_of(envelope: Envelope) -> dict[str, Any]:
    return {
        "event_id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "subject": envelope.subject,
        "occurred_at": envelope.time,
        "correlation_id": envelope.correlation_id,
        "data": strict_json.dumps(dict(envelope.data)).decode(),
    }


def _outgoing(row: Mapping[Any, Any]) -> OutgoingEvent:
    envelope = Envelope(
        id=row["event_id"],
        type=row["type"],
        source=row["source"],
        subject=row["subject"],
        sequence=row["sequence"],
        time=row["occurred_at"],
        correlation_id=row["correlation_id"],
        data=strict_json.loads(row["data"]),
    )
    return OutgoingEvent(
        sequence=envelope.sequence,
        event_id=envelope.id,
        type=envelope.type,
        subject=envelope.subject,
        attempts=row["attempts"],
        body=envelope.to_json(),
    )
