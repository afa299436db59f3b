"""Progress as chat_service tells of it."""

from sqlalchemy.orm import Session

from profile_service.domain.progress import Progress, remember_progress
from profile_service.listeners.schemas.progress import ProgressSchema
from profile_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def remember_progress_of(session: Session, envelope: Envelope) -> None:
    """Keep how far a person has come."""
    data = data_of(ProgressSchema, envelope)
    account_id = data.pop("account_id")
    remember_progress(session, Progress(**data), account_id=account_id, sequence=envelope.sequence)
