"""Facts about guided sessions. What somebody answered is never said."""

from datetime import datetime

from shared.clock import instant_text
from shared.events.envelope import Event


def guided_session_completed(
    *, account_id: int, guided_session_id: int, stage_order: int, completed_at: datetime
) -> Event:
    """Announce that a person has finished a stage."""
    return Event(
        type="chat.guided_session.completed.v1",
        subject=f"account/{account_id}",
        data={
            "account_id": account_id,
            "guided_session_id": guided_session_id,
            "stage_order": stage_order,
            "completed_at": instant_text(completed_at),
        },
    )
