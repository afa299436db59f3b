"""How long messages are kept: what left and what was handled goes after ninety days; names and
addresses, and what nobody can read, within thirty. Dead events stay for the operator.

Ninety days is how long a redelivered event is recognised by its id alone, and how far back
`republish` reaches; thirty where an event held contact data, whose row then keeps everything but
that. What is older is announced anew from the producer's present state (`announce-accounts`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, select, update

from shared.clock import Clock
from shared.database import Database
from shared.events.catalogue import Catalogue, shipped_catalogue
from shared.events.inbox import DONE, DROPPED, IGNORED
from shared.events.tables import WIPED, inbox, outbox, quarantine

KEPT = timedelta(days=90)
CONTACT_DATA_KEPT = timedelta(days=29)  # a worker looks once an hour: thirty days at most
_AT_ONCE = 1000


def prune_messages(database: Database, clock: Clock, *, catalogue: Catalogue | None = None) -> bool:
    """Delete one portion of each table's oldest rows, and wipe one of what held contact data; tell
    whether more is waiting. Open and dead rows stay.
    """
    now = clock.now()
    portions = [
        _prune(database, table, key, conditions)
        for table, key, conditions in (
            (outbox, outbox.c.sequence, _left(now - KEPT)),
            (inbox, inbox.c.position, _handled(now - KEPT)),
            (
                quarantine,
                quarantine.c.id,
                (quarantine.c.received_at < now - CONTACT_DATA_KEPT,),
            ),
        )
    ]
    without = (catalogue or shipped_catalogue()).types_without_contact_data()
    limit = now - CONTACT_DATA_KEPT
    portions += [
        _wipe(database, outbox.c.data, outbox.c.sequence, _left(limit), without),
        _wipe(database, inbox.c.envelope, inbox.c.position, _handled(limit), without),
    ]
    return any(portions)


def _left(limit: datetime) -> Sequence[ColumnElement[bool]]:
    return (outbox.c.published_at < limit,)


def _handled(limit: datetime) -> Sequence[ColumnElement[bool]]:
    return (inbox.c.state.in_((DONE, IGNORED, DROPPED)), inbox.c.finished_at < limit)


def _wipe(
    database: Database,
    content: Column[str],
    key: ColumnElement[Any],
    conditions: Sequence[ColumnElement[bool]],
    without_contact_data: Collection[str],
) -> bool:
    """Wipe what may hold names and addresses: every type that is not known to hold none."""
    table = content.table
    may_hold = (table.c.type.not_in(without_contact_data), content != WIPED)
    portion = select(key).where(*conditions, *may_hold).order_by(key).limit(_AT_ONCE)
    statement = (
        update(table)
        .where(key.in_(portion.scalar_subquery()))
        .values({content.name: WIPED})
        .returning(key)
    )
    wiped = database.writing(lambda session: len(session.execute(statement).all()))
    return wiped == _AT_ONCE


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
