"""How far a person has come: chat_service knows, this service keeps a copy that may lag."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from profile_service.models.progress import KnownProgress
from profile_service.queries.progress import progress_for_update
from shared.database import insert_unless_there


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Completed stages, their share of the programme from 0 to 1, answers in all."""

    completed_stages: int = 0
    ratio: float = 0.0
    total_answers: int = 0


@dataclass(frozen=True, kw_only=True)
class RememberProgress:
    """How far a person has come now; `sequence` orders chat's events."""

    account_id: int
    progress: Progress
    sequence: int


def remember_progress(session: Session, command: RememberProgress) -> None:
    """Take over a person's progress unless something newer is known. Locks the copy."""
    values = {**vars(command.progress), "heard_sequence": command.sequence}
    if insert_unless_there(session, KnownProgress, {"account_id": command.account_id, **values}):
        return
    known = progress_for_update(session, command.account_id)
    if command.sequence > known.heard_sequence:
        for name, value in values.items():
            setattr(known, name, value)
