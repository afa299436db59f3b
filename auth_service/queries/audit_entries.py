"""Reading the record of security and staff acts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act
from auth_service.models.audit_entries import audit_entries


def makers_of(session: Session, account_id: int) -> frozenset[int]:
    """Give who opened an account or ever gave it a role, and who made these, and so on."""
    makers: set[int] = set()
    waiting = {account_id}
    while waiting:
        found = session.execute(
            select(audit_entries.c.actor_id)
            .where(
                audit_entries.c.account_id.in_(waiting),
                audit_entries.c.act.in_([Act.ACCOUNT_OPENED.value, Act.ROLE_CHANGED.value]),
                audit_entries.c.actor_id.is_not(None),
            )
            .distinct()
        ).scalars()
        waiting = set(found) - makers
        makers |= waiting
    return frozenset(makers)
