"""Deleting what nobody needs any more."""

from sqlalchemy.orm import Session

from auth_service.domain.codes import prune_codes
from auth_service.domain.known_devices import prune_known_devices
from auth_service.domain.limits import prune_attempts
from auth_service.domain.login_sessions import prune_login_sessions
from shared.clock import Clock
from shared.database import Database
from shared.http.idempotency import prune_idempotency_keys

EVERY_SECONDS = 600


def prune(database: Database, clock: Clock) -> None:
    """Delete old attempts, devices, codes, login sessions and idempotency keys."""
    now = clock.now()

    def work(session: Session) -> None:
        prune_attempts(session, now)
        prune_known_devices(session, now)
        prune_codes(session, now)
        prune_login_sessions(session, now)
        prune_idempotency_keys(session, now)

    database.writing(work)
