"""What a client looks for: keeping it as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking_service.domain.calendars import lock_client
from booking_service.models.matching_preferences import MatchingPreferences
from booking_service.queries.matching_preferences import preferences_of
from shared.database import insert_or_change
from shared.entity_tags import NO_PRECONDITION, Precondition


@dataclass(frozen=True, kw_only=True)
class WritePreferences:
    """A client's wishes. `preferred_hour` counts only with the time preference `specific`."""

    age: int
    has_experience: bool
    therapy_type: str
    preferred_gender: str
    time_preference: str
    price_band: int
    topics: Sequence[int] = ()
    preferred_hour: int | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class PreferencesView(WritePreferences):
    """A client's wishes as they leave the transaction."""

    @classmethod
    def of(cls, session: Session, preferences: MatchingPreferences) -> "PreferencesView":
        """Copy everything.

        Raises:
            TextUnreadable: the topics cannot be opened.
        """
        return cls(
            age=preferences.age,
            has_experience=preferences.has_experience,
            therapy_type=preferences.therapy_type,
            topics=preferences.told_topics(session),
            preferred_gender=preferences.preferred_gender,
            time_preference=preferences.time_preference,
            preferred_hour=preferences.preferred_hour,
            price_band=preferences.price_band,
            language=preferences.language,
        )


def replace_preferences(
    session: Session,
    client_id: int,
    command: WritePreferences,
    *,
    precondition: Precondition = NO_PRECONDITION,
    now: datetime,
) -> PreferencesView:
    """Keep a client's wishes instead of the earlier ones; locks the client's own calendar.

    Raises:
        PreconditionFailed: written from other wishes than those that are kept.
    """
    lock_client(session, client_id)
    kept = preferences_of(session, client_id)
    precondition.check(None if kept is None else PreferencesView.of(session, kept))
    row: dict[str, Any] = {
        "client_id": client_id,
        "age": command.age,
        "has_experience": command.has_experience,
        "therapy_type": command.therapy_type,
        "topics": (),
        "preferred_gender": command.preferred_gender,
        "time_preference": command.time_preference,
        "preferred_hour": command.preferred_hour,
        "price_band": command.price_band,
        "language": command.language,
        "updated_at": now,
    }
    insert_or_change(session, MatchingPreferences, row)
    kept = session.get_one(MatchingPreferences, client_id, populate_existing=True)
    kept.tell_topics(session, command.topics, now=now)
    return PreferencesView.of(session, kept)
