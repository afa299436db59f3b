"""The copy of how far a person has come, as chat_service announces it."""

from sqlalchemy import BigInteger, Float, Integer
from sqlalchemy.orm import Mapped, mapped_column

from profile_service.models.tables import Model


class KnownProgress(Model):
    """Completed stages, their share, and answers in all."""

    __tablename__ = "known_progress"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    completed_stages: Mapped[int] = mapped_column(Integer)
    ratio: Mapped[float] = mapped_column(Float)
    total_answers: Mapped[int] = mapped_column(Integer)
    heard_sequence: Mapped[int] = mapped_column(BigInteger)
