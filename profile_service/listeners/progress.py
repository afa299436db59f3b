"""Progress as chat_service tells of it."""

from sqlalchemy.orm import Session

from profile_service.domain.progress import remember_progress
from profile_service.listeners.schemas.progress import ProgressSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def remember_progress_of(session: Session, envelope: Envelope) -> None:
    """Keep how far a person has come."""
    remember_progress(session, command_of(ProgressSchema, envelope))
