"""Conversations between client and therapist."""

from sqlalchemy.orm import Session

from notification_service.domain.conversations import read_conversation
from notification_service.listeners.schemas.conversations import ReadConversationSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def read_conversation_of(session: Session, envelope: Envelope) -> None:
    """Mark what was told of the messages that were read."""
    read_conversation(session, command_of(ReadConversationSchema, envelope))
