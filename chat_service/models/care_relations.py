"""A copy of booking's fact: who is in care with whom."""

from sqlalchemy import BigInteger, Boolean, Index
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.tables import Model
from shared.tables import IDENTIFIER


class CareRelation(Model):
    """A client and a therapist; `sequence` is that of the last event applied."""

    __tablename__ = "care_relations"
    __table_args__ = (Index(None, "practitioner_id"),)

    client_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    practitioner_id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True, autoincrement=False)
    is_active: Mapped[bool] = mapped_column(Boolean)
    sequence: Mapped[int] = mapped_column(BigInteger)

    def hear(self, *, is_active: bool, sequence: int) -> None:
        """Take a start or an end, unless a later one was heard before."""
        if sequence > self.sequence:
            self.is_active, self.sequence = is_active, sequence
