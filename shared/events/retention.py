"""How long messages are kept: what left, what was handled and what nobody can read goes after
ninety days; dead events stay for the operator.

Ninety days is also how far back `republish` reaches, and how long a redelivered event is recognised
by its id alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select

from shared.clock import Clock
from shared.database import Database
from shared.events.inbox import DONE, DROPPED, IGNORED
from shared.events.tables import inbox, outbox, quarantine

KEPT = timedelta(days=90)
_AT_ONCE = 1000


def prune_messages(database: Database, clock: Clock) -> bool:
    """Delete one portion of each table's oldest rows; tell whether more is waiting. Open and dead
    rows stay.
    """
    limit = clock.now() - KEPT
    portions = [
        _prune(database, table, key, conditions) for table, key, conditions in _finished(limit)
    ]
    return any(portions)


def _finished(
    limit: datetime,
) -> Sequence[tuple[Table, ColumnElement[int], Sequence[ColumnElement[bool]]]]:
    return (
        (outbox, outbox.c.sequence, (outbox.c.published_at < limit,)),
        (
            inbox,
            inbox.c.position,
            (inbox.c.state.in_((DONE, IGNORED, DROPPED)), inbox.c.finished_at < limit),
        ),
        (quarantine, quarantine.c.id, (quarantine.c.received_at < limit,)),
    )


def _prune(
    database: Database,
    table: Table,
    key: ColumnElement[Any],
    conditions: Sequence[ColumnElement[bool]],
) -> bool:
    portion = select(key).where(*conditions).order_by(key).limit(_AT_ONCE)
    statement = delete(table).where(key.in_(portion.scalar_subquery())).returning(key)
    deleted = database.writing(lambda session: len(session.execute(statement).all()))
    return deleted == _AT_ONCE
