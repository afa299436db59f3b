"""Facts about conversations."""

from shared.events.envelope import Event


def conversation_read(*, conversation_id: int, reader_id: int, message_id: int) -> Event:
    """Announce that a side has read a conversation up to a message."""
    return Event(
        type="chat.conversation.read.v1",
        subject=f"conversation/{conversation_id}",
        data={
            "conversation_id": conversation_id,
            "reader_id": reader_id,
            "message_id": message_id,
        },
    )
