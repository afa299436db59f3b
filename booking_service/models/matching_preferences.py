"""Matching preferences: what a client looks for in a therapist."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking_service.models.data_keys import Place, open_for, seal_for
from booking_service.models.tables import CodeNumbers, Model
from shared import strict_json
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class MatchingPreferences(Model):
    """One client's wishes; replaced as a whole. `topics` stand in clear only where an earlier
    release wrote them.
    """

    __tablename__ = "matching_preferences"

    client_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    age: Mapped[int] = mapped_column(Integer)
    has_experience: Mapped[bool] = mapped_column(Boolean)
    therapy_type: Mapped[str] = mapped_column(String(16))
    topics: Mapped[tuple[int, ...]] = mapped_column(CodeNumbers)
    preferred_gender: Mapped[str] = mapped_column(String(8))
    time_preference: Mapped[str] = mapped_column(String(16))
    preferred_hour: Mapped[int | None] = mapped_column(Integer)
    price_band: Mapped[int] = mapped_column(Integer)
    language: Mapped[str | None] = mapped_column(String(8))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_topics: Mapped[bytes | None] = mapped_column(LargeBinary)

    def tell_topics(self, session: Session, topics: Sequence[int], *, now: datetime) -> None:
        """Keep the topics sealed, and none in clear."""
        words = strict_json.dumps(sorted(set(topics))).decode()
        place = _place(self.client_id)
        self.sealed_topics = seal_for(session, self.client_id, words, place, now=now)
        self.topics = ()

    def told_topics(self, session: Session) -> tuple[int, ...]:
        """Give the topics; what the release before wrote in clear meanwhile is newer.

        Raises:
            TextUnreadable: they were changed or moved.
        """
        if self.topics or self.sealed_topics is None:
            return self.topics
        place = _place(self.client_id)
        words = open_for(session, self.client_id, self.sealed_topics, place)
        return tuple(strict_json.loads(words.encode()))


def _place(client_id: int) -> Place:
    return Place(table="matching_preferences", row=str(client_id), column="sealed_topics")
