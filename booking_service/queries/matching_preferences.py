"""Reading what clients look for."""

from sqlalchemy.orm import Session

from booking_service.models.matching_preferences import MatchingPreferences


def preferences_of(session: Session, client_id: int) -> MatchingPreferences | None:
    """Give a client's wishes; None when they never told any."""
    return session.get(MatchingPreferences, client_id)
