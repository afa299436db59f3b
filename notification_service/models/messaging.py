"""This service's outbox and inbox, as the chassis defines them, and its idempotency keys."""

from shared.events.tables import inbox, messaging_metadata, outbox, quarantine
from shared.idempotency_keys import idempotency_keys
from shared.idempotency_keys import metadata as idempotency_metadata

__all__ = [
    "idempotency_keys",
    "idempotency_metadata",
    "inbox",
    "messaging_metadata",
    "outbox",
    "quarantine",
]
