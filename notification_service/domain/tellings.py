"""Telling one person of one event: a notification, and by their settings a mail."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.domain.mails import queue_mail_to_recipient
from notification_service.domain.notification_settings import settings_of
from notification_service.domain.notifications import notify
from notification_service.domain.parameters import Parameters
from notification_service.domain.wording import mail_descriptions


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One event for one person. `governed_by` is the setting that switches the notification off;
    the mail has its own, in `templates/mails.yaml`.
    """

    recipient_id: int
    event_id: str
    happened_at: datetime
    kind: str
    mail: str
    governed_by: str | None
    parameters: Parameters = field(repr=False)


def tell(session: Session, telling: Telling, *, is_mailed: bool = True) -> None:
    """Write the notification and the mail that the person's settings allow, each at most once.

    With `is_mailed=False` no mail is written, whatever the settings say.
    """
    wishes = settings_of(session, telling.recipient_id)
    if wishes.allows(telling.governed_by):
        notify(
            session,
            recipient_id=telling.recipient_id,
            event_id=telling.event_id,
            kind=telling.kind,
            parameters=telling.parameters,
            happened_at=telling.happened_at,
        )
    if is_mailed and wishes.allows(mail_descriptions()[telling.mail].governed_by):
        queue_mail_to_recipient(
            session,
            recipient_id=telling.recipient_id,
            event_id=telling.event_id,
            template=telling.mail,
            parameters=telling.parameters,
            happened_at=telling.happened_at,
        )
