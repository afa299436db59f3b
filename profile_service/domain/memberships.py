"""Becoming a premium member."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from profile_service.domain.audit_entries import Act
from profile_service.errors import AlreadyPremium, PaymentCardRequired
from profile_service.events.memberships import membership_started
from profile_service.models.memberships import Membership
from shared.audit_entries import add_audit_entry
from shared.database import insert_unless_there
from shared.events.outbox import add_to_outbox


@dataclass(frozen=True, kw_only=True)
class MembershipView:
    """Whether somebody is a premium member, and since when."""

    account_id: int
    is_premium: bool
    started_at: datetime | None


def start_membership(
    session: Session, *, account_id: int, may_pay: bool, now: datetime
) -> MembershipView:
    """Make a person a premium member, once; the constraint decides between two at once.

    Writes an audit entry and adds profile.membership.started.v1 to the outbox.

    Raises:
        AlreadyPremium: the person is one.
        PaymentCardRequired: `may_pay` is false.
    """
    if not insert_unless_there(session, Membership, {"account_id": account_id, "started_at": now}):
        raise AlreadyPremium
    if not may_pay:
        raise PaymentCardRequired
    add_audit_entry(
        session, Act.MEMBERSHIP_STARTED, account_id=account_id, actor_id=account_id, now=now
    )
    add_to_outbox(session, membership_started(account_id, now))
    return MembershipView(account_id=account_id, is_premium=True, started_at=now)


def membership_of(session: Session, account_id: int) -> MembershipView:
    """Give a person's membership."""
    found = session.get(Membership, account_id)
    started_at = None if found is None else found.started_at
    return MembershipView(
        account_id=account_id, is_premium=found is not None, started_at=started_at
    )
