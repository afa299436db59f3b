"""Letting events of other services come in, as the worker does."""

from collections.abc import Mapping

from sqlalchemy import select

from shared.clock import Clock
from shared.database import Database
from shared.events.envelope import Envelope
from shared.events.inbox import Handler, handle_waiting, receive
from shared.events.tables import inbox


def hear(
    database: Database, clock: Clock, handlers: Mapping[str, Handler], *envelopes: Envelope
) -> list[str]:
    """Receive events and handle everything that is due; give the states the inbox left them in."""
    receive(database, [envelope.to_json() for envelope in envelopes], clock)
    handle_waiting(database, handlers, clock)
    ids = [envelope.id for envelope in envelopes]
    wanted = select(inbox.c.event_id, inbox.c.state).where(inbox.c.event_id.in_(ids))
    found = database.reading(
        lambda session: {row.event_id: row.state for row in session.execute(wanted)}
    )
    return [found[event_id] for event_id in ids]
