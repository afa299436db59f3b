"""Codes to be mailed. They stay sealed until the mail is written."""

from sqlalchemy.orm import Session

from notification_service.domain.mails import queue_code_mail
from notification_service.listeners.schemas.codes import CodeSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def queue_code_of(session: Session, envelope: Envelope) -> None:
    """Queue the mail with the code; it replaces an older one for the same address and purpose."""
    queue_code_mail(session, command_of(CodeSchema, envelope))
