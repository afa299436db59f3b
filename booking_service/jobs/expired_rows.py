"""Sweeping out what has expired: holds, reschedule tokens, kept idempotent answers. Nothing waits
for this job: an expired row counts for nothing the moment it expires.
"""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking_service.models.holds import Hold
from booking_service.models.messaging import idempotency_keys
from booking_service.models.reschedule_tokens import RescheduleToken
from shared.clock import Clock
from shared.database import Database
from shared.http.idempotency import KEPT


def delete_expired_rows(database: Database, clock: Clock) -> bool:
    """Delete expired rows, each kind in a transaction of its own; never more work left."""
    now = clock.now()

    def holds(session: Session) -> None:
        session.execute(delete(Hold).where(Hold.expires_at <= now))

    def tokens(session: Session) -> None:
        session.execute(delete(RescheduleToken).where(RescheduleToken.expires_at <= now))

    def answers(session: Session) -> None:
        old = idempotency_keys.c.created_at <= now - KEPT
        session.execute(delete(idempotency_keys).where(old))

    for work in (holds, tokens, answers):
        database.writing(work)
    return False
