"""Whether events flow: what a worker tells of itself, and what the web process makes of it for
`/readyz`.

Worker and web process share nothing but the database, so the worker signs there every few seconds.
What is wrong here never makes a service unready: requests are answered, mails and notifications
wait.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database import Database, insert_or_change
from shared.events.tables import outbox, worker_signs

SIGN_EVERY_SECONDS = 5.0
SILENT_AFTER = timedelta(seconds=30)
WAITING_AFTER = timedelta(seconds=60)
_FORGOTTEN_AFTER = timedelta(hours=1)

OK = "ok"
SILENT = "silent"
UNREACHABLE = "unreachable"


def sign(database: Database, clock: Clock, *, instance: str, has_broker: bool) -> None:
    """Note that a worker process works, and whether it reaches the broker; forget those that have
    not been seen for an hour.
    """
    now = clock.now()

    def work(session: Session) -> None:
        row = {"instance": instance, "seen_at": now, "has_broker": has_broker}
        insert_or_change(session, worker_signs, row)
        session.execute(delete(worker_signs).where(worker_signs.c.seen_at < now - _FORGOTTEN_AFTER))

    database.writing(work)


def messaging_words(database: Database, clock: Clock) -> dict[str, str]:
    """Give a word for the worker (`ok`, `silent`), the broker (`ok`, `unreachable`; none while no
    worker tells) and the outbox (`ok`, or since when its oldest event waits when that is over a
    minute).

    Raises:
        Unavailable: the database is away.
    """
    return database.reading(lambda session: _words(session, clock))


def _words(session: Session, clock: Clock) -> dict[str, str]:
    now = clock.now()
    fresh = session.scalars(
        select(worker_signs.c.has_broker).where(worker_signs.c.seen_at >= now - SILENT_AFTER)
    ).all()
    oldest = session.execute(
        select(func.min(outbox.c.occurred_at)).where(outbox.c.published_at.is_(None))
    ).scalar_one()
    is_waiting = oldest is not None and now - oldest > WAITING_AFTER
    words = {"worker": OK if fresh else SILENT}
    if fresh:
        words["broker"] = OK if any(fresh) else UNREACHABLE
    words["outbox"] = f"waiting since {oldest:%Y-%m-%dT%H:%M:%SZ}" if is_waiting else OK
    return words
