"""Care relations: which therapist a client has, and which ones they left and why."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking_service.models.data_keys import Place, open_for, seal_for
from booking_service.models.tables import CodeNumbers, Model
from shared import strict_json
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class CareRelation(Model):
    """One client with one practitioner; a client has at most one that has not ended. Why it ended
    stands in clear only where an earlier release wrote it.
    """

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
    sealed_reasons: Mapped[bytes | None] = mapped_column(LargeBinary)

    __mapper_args__ = {"version_id_col": version}

    def tell_reasons(
        self, session: Session, reasons: Sequence[int], more: str | None, *, now: datetime
    ) -> None:
        """Keep sealed why it ended, and nothing in clear."""
        words = strict_json.dumps({"reasons": sorted(set(reasons)), "more": more}).decode()
        self.sealed_reasons = seal_for(session, self.client_id, words, self._place, now=now)
        self.reasons = self.more_reasons = None

    def told_reasons(self, session: Session) -> tuple[tuple[int, ...] | None, str | None]:
        """Give why it ended: numbers of the code list (None before), and in words.

        Raises:
            TextUnreadable: it was changed or moved.
        """
        if self.sealed_reasons is None:
            return self.reasons, self.more_reasons
        words = open_for(session, self.client_id, self.sealed_reasons, self._place)
        told = strict_json.loads(words.encode())
        return tuple(told["reasons"]), told["more"]

    @property
    def _place(self) -> Place:
        return Place(table="care_relations", row=str(self.id), column="sealed_reasons")
