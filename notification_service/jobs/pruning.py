"""Deleting what nobody needs any more."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notification_service.domain.mails import KEPT
from notification_service.models.mails import Mail
from shared.clock import Clock
from shared.database import Database
from shared.http.idempotency import prune_idempotency_keys

EVERY_SECONDS = 3600
_AT_ONCE = 1000


def prune(database: Database, clock: Clock) -> bool:
    """Delete a portion of the mails that were finished ninety days ago, and old idempotency keys;
    tell whether more is waiting.
    """
    now = clock.now()

    def work(session: Session) -> int:
        prune_idempotency_keys(session, now)
        old = select(Mail.id).where(Mail.finished_at < now - KEPT).limit(_AT_ONCE)
        gone = session.execute(
            delete(Mail)
            .where(Mail.id.in_(old.scalar_subquery()))
            .execution_options(synchronize_session=False)
        )
        return int(gone.rowcount)  # type: ignore[attr-defined] # a CursorResult

    return database.writing(work) == _AT_ONCE
