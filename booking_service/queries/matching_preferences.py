"""Reading what clients look for."""

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from booking_service.models.matching_preferences import MatchingPreferences
from booking_service.models.people import Person


def preferences_of(session: Session, client_id: int) -> MatchingPreferences | None:
    """Give a client's wishes; None when they never told any."""
    return session.get(MatchingPreferences, client_id)


def preferences_and_zone_of(
    session: Session, client_id: int
) -> tuple[MatchingPreferences | None, str | None]:
    """Give a client's wishes and time zone, None for what is not known, in one query."""
    asked = select(literal(client_id).label("client_id")).subquery()
    wanted = (
        select(MatchingPreferences, Person.time_zone)
        .select_from(asked)
        .outerjoin(MatchingPreferences, MatchingPreferences.client_id == asked.c.client_id)
        .outerjoin(Person, Person.account_id == asked.c.client_id)
    )
    preferences, time_zone = session.execute(wanted).one()
    return preferences, time_zone
