"""Guided sessions."""

from sqlalchemy.orm import Session

from notification_service.domain.guided_sessions import (
    TellOfCompletedStage,
    tell_of_completed_stage,
)
from notification_service.listeners.schemas.guided_sessions import CompletedSchema
from notification_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def tell_of_completed(session: Session, envelope: Envelope) -> None:
    """Tell the person that the stage is completed."""
    data = data_of(CompletedSchema, envelope)
    tell_of_completed_stage(
        session, TellOfCompletedStage(event_id=envelope.id, happened_at=envelope.time, **data)
    )
