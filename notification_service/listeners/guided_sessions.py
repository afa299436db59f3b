"""Guided sessions."""

from sqlalchemy.orm import Session

from notification_service.domain.guided_sessions import tell_of_completed_stage
from notification_service.listeners.schemas.guided_sessions import CompletedSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def tell_of_completed(session: Session, envelope: Envelope) -> None:
    """Tell the person that the stage is completed."""
    tell_of_completed_stage(session, command_of(CompletedSchema, envelope))
