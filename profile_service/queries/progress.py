"""Reading the copies of progress."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from profile_service.models.progress import KnownProgress


def progress_for_update(session: Session, account_id: int) -> KnownProgress:
    """Give the copy of a person's progress, locked; it must be there."""
    wanted = select(KnownProgress).where(KnownProgress.account_id == account_id).with_for_update()
    return session.execute(wanted).scalar_one()
