"""Reading holds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking_service.errors import HoldNotFound
from booking_service.models.holds import Hold
from shared.access_tokens import Identity


def standing_holds_of(session: Session, client_id: int, now: datetime) -> Sequence[Hold]:
    """Give a client's holds that have not expired, oldest first."""
    wanted = select(Hold).where(Hold.client_id == client_id, Hold.expires_at > now)
    return session.execute(wanted.order_by(Hold.id)).scalars().all()


def practitioners_with_expired_holds(session: Session, now: datetime) -> Sequence[int]:
    """Give whose holds have expired and still stand, by id."""
    wanted = select(Hold.practitioner_id).where(Hold.expires_at <= now).distinct()
    return session.execute(wanted.order_by(Hold.practitioner_id)).scalars().all()


def hold_visible_to(session: Session, identity: Identity, hold_id: int, now: datetime) -> Hold:
    """Give the caller's own hold.

    Raises:
        HoldNotFound: unknown, somebody else's, or expired.
    """
    found = session.get(Hold, hold_id, populate_existing=True)
    if found is None or found.client_id != identity.account_id or found.expires_at <= now:
        raise HoldNotFound
    return found
