"""What profile_service tells about people."""

from sqlalchemy.orm import Session

from chat_service.domain.people import begin_membership, hear_profile
from chat_service.listeners.schemas.people import MembershipStartedSchema, ProfileChangedSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def profile_changed(session: Session, envelope: Envelope) -> None:
    """Take how a person wants to be spoken to."""
    hear_profile(session, command_of(ProfileChangedSchema, envelope))


def membership_started(session: Session, envelope: Envelope) -> None:
    """Open every stage to a premium member."""
    begin_membership(session, command_of(MembershipStartedSchema, envelope))
