"""Telling the store of ended login sessions, before the answer leaves: the next request with a
token of one of them is refused.
"""

from collections.abc import Sequence

from auth_service.domain.login_sessions import EndedLoginSession, mark_announced
from auth_service.parts import parts
from shared.http.context import clock, database


def announce_ended(ended: Sequence[EndedLoginSession]) -> None:
    """Write the ends, committed before, into the store. What this process cannot finish any more
    a job repairs.

    Raises:
        Unavailable: the store cannot be written; the caller answers 503, and every gateway does so
            too while it cannot read the store.
    """
    if not ended:
        return
    store = parts().ended_sessions
    for each in ended:
        store.end(each.id, int(each.token_expires_at.timestamp()) + 1)
    ids = [each.id for each in ended]
    database().writing(lambda session: mark_announced(session, ids, clock().now()))
