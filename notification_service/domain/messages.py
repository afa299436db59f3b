"""What somebody is told when a message was written to them: that it is there, never its words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from notification_service.domain.tellings import Telling, tell
from notification_service.queries.notifications import has_unread_of_kind

KIND = "message_received"


@dataclass(frozen=True, kw_only=True)
class TellOfMessage:
    """A message was written to somebody."""

    event_id: str
    happened_at: datetime
    recipient_id: int


def tell_of_message(session: Session, command: TellOfMessage) -> None:
    """Tell the recipient. Of several unread messages only the first is mailed."""
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
            is_mailed=is_first,
        ),
    )
