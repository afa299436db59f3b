"""What profile_service tells about people."""

from sqlalchemy.orm import Session

from chat_service.domain.people import HearProfile, begin_membership, hear_profile
from chat_service.listeners.schemas import heard
from chat_service.listeners.schemas.people import MembershipStartedSchema, ProfileChangedSchema
from shared.events.envelope import Envelope


def profile_changed(session: Session, envelope: Envelope) -> None:
    """Take how a person wants to be spoken to."""
    hear_profile(session, HearProfile(**heard(ProfileChangedSchema, envelope)))


def membership_started(session: Session, envelope: Envelope) -> None:
    """Open every stage to a premium member."""
    data = heard(MembershipStartedSchema, envelope)
    begin_membership(session, data["account_id"], data["started_at"])
