"""Reading the copies of accounts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from profile_service.models.accounts import KnownAccount


def known_account_for_update(session: Session, account_id: int) -> KnownAccount:
    """Give the copy of an account, locked; it must be there."""
    wanted = select(KnownAccount).where(KnownAccount.account_id == account_id).with_for_update()
    return session.execute(wanted).scalar_one()
