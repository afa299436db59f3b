"""Facts about how far a person has come."""

from shared.events.envelope import Event


def progress_changed(
    *,
    account_id: int,
    guided_session_id: int,
    completed_stages: int,
    ratio: float,
    total_answers: int,
) -> Event:
    """Announce the whole present state; every answer is a change, so their number is its
    version.
    """
    return Event(
        type="chat.progress.changed.v1",
        subject=f"account/{account_id}",
        data={
            "account_id": account_id,
            "guided_session_id": guided_session_id,
            "completed_stages": completed_stages,
            "ratio": ratio,
            "total_answers": total_answers,
            "version": total_answers,
        },
    )
