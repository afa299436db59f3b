"""What a person is told when they completed a stage of the programme."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.domain.tellings import Telling, tell


@dataclass(frozen=True, kw_only=True)
class TellOfCompletedStage:
    """A person has completed a stage."""

    event_id: str
    happened_at: datetime
    account_id: int


def tell_of_completed_stage(session: Session, command: TellOfCompletedStage) -> None:
    """Tell the person."""
    tell(
        session,
        Telling(
            recipient_id=command.account_id,
            event_id=command.event_id,
            happened_at=command.happened_at,
            kind="stage_completed",
            mail="session_completed",
            governed_by="results_notification",
            parameters={},
        ),
    )
