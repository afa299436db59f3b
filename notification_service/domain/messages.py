"""What somebody is told when a message was written to them: that it is there, never its words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from notification_service.domain.mails import drop_mails
from notification_service.domain.notifications import Notify, change_unread, notify
from notification_service.domain.tellings import Telling, tell
from notification_service.models.notifications import Notification
from notification_service.queries.conversations import was_read
from notification_service.queries.notifications import has_unread_of_kind, is_message_told

KIND = "message_received"
TOPIC = "messages"


@dataclass(frozen=True, kw_only=True)
class TellOfMessage:
    """A message was written to somebody."""

    event_id: str
    happened_at: datetime
    message_id: int
    conversation_id: int
    recipient_id: int


@dataclass(frozen=True, kw_only=True)
class ForgetMessage:
    """The words of a message were taken away, before or after its recipient had read them."""

    event_id: str
    happened_at: datetime
    message_id: int
    conversation_id: int
    recipient_id: int
    was_read: bool


def tell_of_message(session: Session, command: TellOfMessage) -> None:
    """Tell the recipient; of one that was read or deleted meanwhile nothing. Of several unread
    messages only the first is mailed.
    """
    if is_message_told(session, command.recipient_id, command.conversation_id, command.message_id):
        return
    is_read = was_read(
        session,
        conversation_id=command.conversation_id,
        reader_id=command.recipient_id,
        message_id=command.message_id,
    )
    is_first = not has_unread_of_kind(session, command.recipient_id, KIND)
    tell(
        session,
        Telling(
            recipient_id=command.recipient_id,
            event_id=command.event_id,
            happened_at=command.happened_at,
            kind=KIND,
            mail="message_received",
            governed_by=None,
            parameters={},
            conversation_id=command.conversation_id,
            message_id=command.message_id,
            is_mailed=is_first and not is_read,
            topic=TOPIC,
            read_at=command.happened_at if is_read else None,
        ),
    )


def forget_message(session: Session, command: ForgetMessage) -> None:
    """Take along what was told of a message that was deleted unread, and leave a mark, so that its
    news does not bring it back when that is heard later.
    """
    if command.was_read:
        return
    told = (
        update(Notification)
        .where(
            Notification.conversation_id == command.conversation_id,
            Notification.message_id == command.message_id,
            Notification.deleted_at.is_(None),
        )
        .values(deleted_at=command.happened_at, parameters="{}")
    )
    change_unread(session, command.recipient_id, told)
    notify(
        session,
        Notify(
            recipient_id=command.recipient_id,
            event_id=command.event_id,
            happened_at=command.happened_at,
            kind=KIND,
            parameters={},
            conversation_id=command.conversation_id,
            message_id=command.message_id,
            deleted_at=command.happened_at,
        ),
    )
    drop_mail_without_unread(session, command.recipient_id, now=command.happened_at)


def drop_mail_without_unread(session: Session, recipient_id: int, *, now: datetime) -> None:
    """Give up the mail about new messages while it still waits and nothing is unread any more."""
    if not has_unread_of_kind(session, recipient_id, KIND):
        drop_mails(session, recipient_id, TOPIC, now=now)
