"""Reading corrections of addresses that staff propose."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.email_corrections import EmailCorrection
from shared.pages import MAX_IDENTIFIER

MOST = 200


def open_email_corrections(session: Session, now: datetime) -> Sequence[EmailCorrection]:
    """Give what waits for somebody to agree, the oldest first."""
    return (
        session.execute(
            select(EmailCorrection)
            .where(EmailCorrection.closed_at.is_(None), EmailCorrection.expires_at > now)
            .order_by(EmailCorrection.id)
            .limit(MOST)
        )
        .scalars()
        .all()
    )


def email_correction_with_id(session: Session, correction_id: int) -> EmailCorrection | None:
    """Give a correction by its id."""
    if correction_id > MAX_IDENTIFIER:
        return None
    return session.get(EmailCorrection, correction_id)


def email_correction_with_token_hash(session: Session, token_hash: str) -> EmailCorrection | None:
    """Give the correction a mailed token belongs to."""
    return session.execute(
        select(EmailCorrection).where(EmailCorrection.token_hash == token_hash)
    ).scalar_one_or_none()
