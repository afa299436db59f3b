"""Profiles as profile_service tells of them."""

from sqlalchemy.orm import Session

from notification_service.domain.recipients import remember_profile
from notification_service.listeners.schemas.profiles import ProfileSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def remember_profile_of(session: Session, envelope: Envelope) -> None:
    """Keep the language and zone the person reads in."""
    remember_profile(session, command_of(ProfileSchema, envelope))
