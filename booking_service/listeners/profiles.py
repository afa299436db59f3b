"""What is heard of profiles: locale and time zone."""

from sqlalchemy.orm import Session

from booking_service.domain.people import remember_profile
from booking_service.listeners.schemas import load
from booking_service.listeners.schemas.profiles import ProfileToldSchema
from shared.events.envelope import Envelope


def remember_profile_told(session: Session, envelope: Envelope) -> None:
    """Keep what profile told of a person.

    Raises:
        UnprocessableEvent: the data is not of the agreed shape.
    """
    remember_profile(session, load(ProfileToldSchema(), envelope))
