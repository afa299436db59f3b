"""Sealing what earlier releases wrote in clear: topics of wishes, why somebody left or
cancelled.
"""

import threading
from functools import partial

from booking_service.domain.sealed_texts import seal_plain_texts
from shared.clock import Clock
from shared.database import Database

EVERY_SECONDS = 600
AT_ONCE = 200


def seal_all(database: Database, clock: Clock, stop: threading.Event) -> bool:
    """Seal what is left in clear, each portion in its own transaction; tell whether some is."""
    while not stop.is_set():
        work = partial(seal_plain_texts, now=clock.now(), limit=AT_ONCE)
        if not database.writing(work):
            return False
    return True
