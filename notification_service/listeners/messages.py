"""Messages between client and therapist."""

from sqlalchemy.orm import Session

from notification_service.domain.messages import TellOfMessage, tell_of_message
from notification_service.listeners.schemas.messages import MessageSchema
from notification_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def tell_of_sent(session: Session, envelope: Envelope) -> None:
    """Tell the recipient that there is a message."""
    data = data_of(MessageSchema, envelope)
    tell_of_message(session, TellOfMessage(event_id=envelope.id, happened_at=envelope.time, **data))
