"""Notices about accounts and addresses."""

from sqlalchemy.orm import Session

from notification_service.domain.mails import queue_notice
from notification_service.listeners.schemas.account_notices import AccountNoticeSchema
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def queue_notice_of(session: Session, envelope: Envelope) -> None:
    """Queue the mail with the notice."""
    queue_notice(session, command_of(AccountNoticeSchema, envelope))
