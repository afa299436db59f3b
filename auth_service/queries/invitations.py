"""Reading invitations."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.invitations import Invitation


def invitation_with_token_hash(session: Session, token_hash: str) -> Invitation | None:
    """Give the invitation a token belongs to, as it is now."""
    return session.execute(
        select(Invitation)
        .where(Invitation.token_hash == token_hash)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
