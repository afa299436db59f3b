"""Telling people of an event: a notification, and by their settings a mail."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.domain.mails import QueueMail, queue_mails
from notification_service.domain.notification_settings import SettingsView, settings_of_each
from notification_service.domain.notifications import Notify, notify
from notification_service.domain.parameters import Parameters
from notification_service.domain.wording import mail_descriptions


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One event for one person. `governed_by` is the setting that switches the notification off;
    the mail has its own, in `templates/mails.yaml`, and is not written at all with
    `is_mailed=False`. `topic`, `topic_sequence` and `mail_expires_at` are the mail's, as in
    `QueueMail`; the rest is the notification's, as in `Notify`.
    """

    recipient_id: int
    event_id: str
    happened_at: datetime
    kind: str
    mail: str
    governed_by: str | None
    parameters: Parameters = field(repr=False)
    is_mailed: bool = True
    topic: str | None = None
    topic_sequence: int | None = None
    mail_expires_at: datetime | None = None
    conversation_id: int | None = None
    message_id: int | None = None
    read_at: datetime | None = None

    def is_mail_allowed(self, wishes: SettingsView) -> bool:
        """Tell whether the mail is wanted."""
        return self.is_mailed and wishes.allows(mail_descriptions()[self.mail].governed_by)


def tell(session: Session, *tellings: Telling) -> None:
    """Write the notifications and mails that the people's settings allow, each at most once."""
    wishes = settings_of_each(session, [telling.recipient_id for telling in tellings])
    notify(
        session,
        *(
            Notify(
                recipient_id=telling.recipient_id,
                event_id=telling.event_id,
                happened_at=telling.happened_at,
                kind=telling.kind,
                parameters=telling.parameters,
                conversation_id=telling.conversation_id,
                message_id=telling.message_id,
                read_at=telling.read_at,
            )
            for telling in tellings
            if wishes[telling.recipient_id].allows(telling.governed_by)
        ),
    )
    queue_mails(
        session,
        *(
            QueueMail(
                recipient_id=telling.recipient_id,
                event_id=telling.event_id,
                happened_at=telling.happened_at,
                template=telling.mail,
                parameters=telling.parameters,
                topic=telling.topic,
                topic_sequence=telling.topic_sequence,
                expires_at=telling.mail_expires_at,
            )
            for telling in tellings
            if telling.is_mail_allowed(wishes[telling.recipient_id])
        ),
    )
