"""Care relations: which therapist a client has, and which ones they left and why."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from booking_service.models.tables import IDENTIFIER, CodeNumbers, Model
from shared.database import UtcDateTime


class CareRelation(Model):
    """One client with one practitioner; a client has at most one that has not ended."""

    __tablename__ = "care_relations"
    __table_args__ = (
        Index(
            "uq_care_relations_client_id",
            "client_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_care_relations_practitioner_id_client_id", "practitioner_id", "client_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    client_id: Mapped[int] = mapped_column(IDENTIFIER)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, ForeignKey("practitioners.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reasons: Mapped[tuple[int, ...] | None] = mapped_column(CodeNumbers)
    more_reasons: Mapped[str | None] = mapped_column(Text)
    wants_call: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}
