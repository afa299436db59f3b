"""What is announced about memberships."""

from datetime import datetime

from shared.clock import instant_text
from shared.events.envelope import Event


def membership_started(account_id: int, started_at: datetime) -> Event:
    """Say that a person became a premium member."""
    return Event(
        type="profile.membership.started.v1",
        subject=f"account/{account_id}",
        data={"account_id": account_id, "started_at": instant_text(started_at)},
    )
