"""Turning the data keys to a new master key."""

from sqlalchemy.orm import Session

from chat_service.models.data_keys import MasterKeys
from chat_service.queries.data_keys import data_keys_to_rewrap


def rewrap_data_keys(session: Session, masters: MasterKeys, *, limit: int) -> int:
    """Wrap up to `limit` data keys by the present master key; give how many. No text is touched.

    Raises:
        TextUnreadable: one cannot be opened by the other master key; nothing is written.
    """
    stored = data_keys_to_rewrap(session, masters.present_id, limit=limit)
    for data_key in stored:
        data_key.rewrap(masters)
    return len(stored)
