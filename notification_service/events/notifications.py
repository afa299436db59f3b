"""Facts about notifications, for those who show them live; what they say is never said."""

from shared.events.envelope import Event


def notification_created(*, notification_id: int, recipient_id: int) -> Event:
    """Announce that there is something new to read."""
    return Event(
        type="notification.notification.created.v1",
        subject=f"account/{recipient_id}",
        data={"notification_id": notification_id, "recipient_id": recipient_id},
    )


def notifications_read(*, recipient_id: int) -> Event:
    """Announce that fewer of a person's notifications are unread: some were read or deleted."""
    return Event(
        type="notification.notification.read.v1",
        subject=f"account/{recipient_id}",
        data={"recipient_id": recipient_id},
    )
