"""Messages between client and therapist."""

from sqlalchemy.orm import Session

from notification_service.domain.messages import forget_message, tell_of_message
from notification_service.listeners.schemas.messages import DeletedMessageSchema, MessageSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def tell_of_sent(session: Session, envelope: Envelope) -> None:
    """Tell the recipient that there is a message."""
    tell_of_message(session, command_of(MessageSchema, envelope))


def forget_deleted(session: Session, envelope: Envelope) -> None:
    """Take away what was told of a message that was deleted unread."""
    forget_message(session, command_of(DeletedMessageSchema, envelope))
