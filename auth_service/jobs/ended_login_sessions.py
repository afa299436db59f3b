"""Telling the store of ended login sessions what a web process could not."""

from auth_service.domain.login_sessions import mark_announced
from auth_service.queries.login_sessions import unannounced_login_sessions
from shared.clock import Clock
from shared.database import Database
from shared.http.ended_sessions import EndedSessions

AT_ONCE = 200


def announce_ended_login_sessions(database: Database, store: EndedSessions, clock: Clock) -> bool:
    """Write unannounced ends into the store; True when more may wait. Writing one twice changes
    nothing, so a crash in between costs nothing.

    Raises:
        Unavailable: the store or the database is away; the next run tries again.
    """
    now = clock.now()
    waiting = database.reading(lambda session: unannounced_login_sessions(session, now, AT_ONCE))
    if not waiting:
        return False
    for login_session_id, until in waiting:
        store.end(login_session_id, int(until.timestamp()) + 1)
    ids = [login_session_id for login_session_id, _ in waiting]
    database.writing(lambda session: mark_announced(session, ids, now))
    return len(waiting) == AT_ONCE
