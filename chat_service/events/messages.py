"""Facts about messages. What one says is never said."""

from datetime import datetime

from shared.clock import instant_text
from shared.events.envelope import Event


def message_sent(
    *,
    message_id: int,
    conversation_id: int,
    sender_id: int,
    recipient_id: int,
    sent_at: datetime,
) -> Event:
    """Announce that a message was written, and to whom."""
    return Event(
        type="chat.message.sent.v1",
        subject=f"conversation/{conversation_id}",
        data={
            "message_id": message_id,
            "conversation_id": conversation_id,
            "sender_id": sender_id,
            "recipient_id": recipient_id,
            "sent_at": instant_text(sent_at),
        },
    )


def message_deleted(
    *, message_id: int, conversation_id: int, sender_id: int, recipient_id: int, was_read: bool
) -> Event:
    """Announce that the words of a message were taken away, and whether the recipient had read
    them.
    """
    return Event(
        type="chat.message.deleted.v1",
        subject=f"conversation/{conversation_id}",
        data={
            "message_id": message_id,
            "conversation_id": conversation_id,
            "sender_id": sender_id,
            "recipient_id": recipient_id,
            "was_read": was_read,
        },
    )
