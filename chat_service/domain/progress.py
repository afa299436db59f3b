"""How far a person has come."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from chat_service.domain.stages import Programmes
from chat_service.queries.guided_sessions import progress_row


@dataclass(frozen=True, kw_only=True)
class ProgressView:
    """Completed stages, their share of the programme (0 to 1), and answered questions in all."""

    completed_stages: int
    ratio: float
    total_answers: int


def read_progress(session: Session, account_id: int, programmes: Programmes) -> ProgressView:
    """Count a person's progress; nothing at all is a progress too."""
    completed_stages, total_answers = progress_row(session, account_id)
    return ProgressView(
        completed_stages=completed_stages,
        ratio=round(min(1.0, completed_stages / len(programmes.newest.stages)), 4),
        total_answers=total_answers,
    )
