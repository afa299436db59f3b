"""Reading the sign-ups of accounts whose address nobody has proved yet."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.registrations import Registration


def registrations_of(session: Session, account_id: int) -> Sequence[Registration]:
    """Give an account's sign-ups, the newest first."""
    return (
        session.execute(
            select(Registration)
            .where(Registration.account_id == account_id)
            .order_by(Registration.id.desc())
        )
        .scalars()
        .all()
    )
