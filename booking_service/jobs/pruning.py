"""Deleting what nobody needs any more. Nothing waits for this job: an expired row counts for
nothing the moment it expires.
"""

from functools import partial

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking_service.domain.holds import forget_expired_holds
from booking_service.models.reschedule_tokens import RescheduleToken
from booking_service.queries.holds import practitioners_with_expired_holds
from shared.clock import Clock
from shared.database import Database
from shared.http.idempotency import prune_idempotency_keys

EVERY_SECONDS = 60


def prune(database: Database, clock: Clock) -> None:
    """Delete expired holds, expired reschedule tokens and old idempotency keys, each practitioner's
    and each kind in a transaction of its own, so that no lock is held for long.
    """
    now = clock.now()
    for each in database.reading(partial(practitioners_with_expired_holds, now=now)):
        database.writing(partial(forget_expired_holds, practitioner_id=each, now=now))

    def tokens(session: Session) -> None:
        session.execute(delete(RescheduleToken).where(RescheduleToken.expires_at <= now))

    def answers(session: Session) -> None:
        prune_idempotency_keys(session, now)

    for work in (tokens, answers):
        database.writing(work)
