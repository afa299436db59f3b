"""Sealing texts of earlier releases anew, portion by portion, once they are all looked at only what
came since.
"""

import threading
from functools import partial

from chat_service.domain.sealed_texts import Walk, reseal_texts
from shared.data_keys import MasterKeys
from shared.database import Database

EVERY_SECONDS = 600
AT_ONCE = 200


class Resealing:
    """A walk over all texts that remembers how far it came until the worker stops."""

    def __init__(self, database: Database, masters: MasterKeys) -> None:
        self._database = database
        self._masters = masters
        self._walk = Walk()

    def run(self, stop: threading.Event) -> bool:
        """Look at what is left, each portion in a transaction of its own; tell whether some is."""
        while not stop.is_set():
            before = self._walk
            self._walk = self._database.writing(
                partial(reseal_texts, masters=self._masters, walk=before, limit=AT_ONCE)
            )
            if self._walk == before:
                return False
        return True
