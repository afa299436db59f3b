"""What is heard of profiles: locale and time zone."""

from sqlalchemy.orm import Session

from booking_service.domain.people import remember_profile
from booking_service.listeners.schemas.profiles import ProfileToldSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def remember_profile_told(session: Session, envelope: Envelope) -> None:
    """Keep what profile told of a person.

    Raises:
        UnprocessableEvent: the data is not of the agreed shape.
    """
    remember_profile(session, command_of(ProfileToldSchema, envelope))
