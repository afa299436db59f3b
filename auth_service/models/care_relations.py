"""Copies of booking's facts: who is in care with whom, and which therapists are listed."""

from sqlalchemy import BigInteger, Boolean, Index
from sqlalchemy.orm import Mapped, mapped_column

from auth_service.models.tables import Model
from shared.tables import IDENTIFIER


class CareRelation(Model):
    """A client and a therapist; `sequence` is that of the last event applied."""

    __tablename__ = "care_relations"
    __table_args__ = (Index(None, "practitioner_id"),)

    client_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    is_active: Mapped[bool] = mapped_column(Boolean)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Practitioner(Model):
    """Whether a therapist's public record is listed; `sequence` as above."""

    __tablename__ = "practitioners"

    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    is_published: Mapped[bool] = mapped_column(Boolean)
    sequence: Mapped[int] = mapped_column(BigInteger)
