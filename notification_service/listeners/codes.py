"""Codes to be mailed. They stay sealed until the mail is written."""

from sqlalchemy.orm import Session

from notification_service.domain.mails import QueueCodeMail, queue_code_mail
from notification_service.listeners.schemas.codes import CodeSchema
from notification_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope

TEMPLATE_OF = {
    "sign_up": "verification_code",
    "email_change": "email_change_code",
    "password_reset": "password_reset_code",
}


def queue_code_of(session: Session, envelope: Envelope) -> None:
    """Queue the mail with the code; it replaces an older one for the same address and purpose."""
    data = data_of(CodeSchema, envelope)
    queue_code_mail(
        session,
        QueueCodeMail(
            event_id=envelope.id,
            happened_at=envelope.time,
            recipient_id=data["account_id"],
            address=data["email"],
            template=TEMPLATE_OF[data["purpose"]],
            locale=data["locale"],
            sealed=data["sealed_code"],
            sealed_for=f"{data['purpose']}:{data['email']}",
            expires_at=data["expires_at"],
        ),
    )
