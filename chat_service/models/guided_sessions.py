"""One person's way through one stage of the programme."""

from datetime import datetime

from sqlalchemy import Boolean, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.models.tables import Model
from shared.database import UtcDateTime
from shared.tables import IDENTIFIER


class GuidedSession(Model):
    """A stage of a person. `is_unlocked` is what they earned; premium members may start any.

    `answered_questions` is the position among the stage's questions, `line_count` the number of
    transcript lines.
    """

    __tablename__ = "guided_sessions"
    __table_args__ = (
        UniqueConstraint("account_id", "stage_order"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(IDENTIFIER, primary_key=True)
    account_id: Mapped[int] = mapped_column(IDENTIFIER)
    programme_version: Mapped[int] = mapped_column(Integer)
    stage_order: Mapped[int] = mapped_column(Integer)
    is_unlocked: Mapped[bool] = mapped_column(Boolean)
    answered_questions: Mapped[int] = mapped_column(Integer)
    line_count: Mapped[int] = mapped_column(Integer)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_begun(self) -> bool:
        """Tell whether the opening was said."""
        return self.begun_at is not None

    @property
    def is_completed(self) -> bool:
        """Tell whether every question was answered."""
        return self.completed_at is not None

    @property
    def is_pending(self) -> bool:
        """Tell whether the last thing said is a question that waits for its answer."""
        return self.is_begun and not self.is_completed

    def next_position(self) -> int:
        """Count one more line and give its position, from 1."""
        self.line_count += 1
        return self.line_count
