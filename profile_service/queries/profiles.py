"""Reading profiles."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from profile_service.models.profiles import Profile


def profile_for_update(session: Session, account_id: int) -> Profile:
    """Give a person's profile, locked; it must be there."""
    wanted = select(Profile).where(Profile.account_id == account_id).with_for_update()
    return session.execute(wanted).scalar_one()
