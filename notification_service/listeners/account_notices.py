"""Notices about accounts and addresses."""

from sqlalchemy.orm import Session

from notification_service.domain.mails import QueueNotice, queue_notice
from notification_service.listeners.schemas.account_notices import AccountNoticeSchema
from notification_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def queue_notice_of(session: Session, envelope: Envelope) -> None:
    """Queue the mail with the notice."""
    data = data_of(AccountNoticeSchema, envelope)
    sealed = data["sealed"]
    queue_notice(
        session,
        QueueNotice(
            event_id=envelope.id,
            happened_at=envelope.time,
            recipient_id=data["account_id"],
            address=data["email"],
            template=data["kind"],
            locale=data["locale"],
            sealed=sealed,
            sealed_for=None if sealed is None else f"{data['kind']}:{data['email']}",
            expires_at=data["expires_at"],
        ),
    )
