"""What a service under test has announced."""

import json
from typing import Any

from sqlalchemy import select

from shared.database import Database
from shared.events.tables import outbox


def announced(database: Database, event_type: str) -> list[dict[str, Any]]:
    """Give the data of the events of a type that were written to the outbox, in order."""
    wanted = select(outbox.c.data).where(outbox.c.type == event_type).order_by(outbox.c.sequence)
    return [
        json.loads(data)
        for data in database.reading(lambda session: session.execute(wanted).scalars().all())
    ]
