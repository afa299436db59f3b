"""Reading the record of security and staff acts."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.audit_entries import audit_entries


def actors_behind(session: Session, account_id: int, acts: Sequence[str]) -> frozenset[int]:
    """Give who did one of the acts to an account, and who did to these, and so on."""
    actors: set[int] = set()
    waiting = {account_id}
    while waiting:
        found = session.execute(
            select(audit_entries.c.actor_id)
            .where(
                audit_entries.c.account_id.in_(waiting),
                audit_entries.c.act.in_(acts),
                audit_entries.c.actor_id.is_not(None),
            )
            .distinct()
        ).scalars()
        waiting = set(found) - actors
        actors |= waiting
    return frozenset(actors)
