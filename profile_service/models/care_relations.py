"""Copies of what booking_service announces: who cares for whom, and who is listed.

`heard_sequence` is the number of the last event taken over; an older one that comes late changes
nothing.
"""

from sqlalchemy import BigInteger, Boolean
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model


class KnownCareRelation(Model):
    """A client's current therapist, or none."""

    __tablename__ = "known_care_relations"

    client_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    practitioner_id: Mapped[int | None] = mapped_column(BigInteger)
    heard_sequence: Mapped[int] = mapped_column(BigInteger)


class KnownPractitioner(Model):
    """Whether a therapist is listed."""

    __tablename__ = "known_practitioners"

    practitioner_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    is_published: Mapped[bool] = mapped_column(Boolean)
    heard_sequence: Mapped[int] = mapped_column(BigInteger)
