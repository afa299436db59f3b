"""Reading wrapped data keys; unwrapping them is `models/data_keys.py`'s."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.models.data_keys import MasterKeys, StoredDataKey


def knows_every_master_key(session: Session, masters: MasterKeys) -> bool:
    """Tell whether every data key is wrapped by a master key this process has."""
    wanted = select(StoredDataKey.owner_id).where(StoredDataKey.master_key_id.not_in(masters.ids))
    return session.execute(wanted.limit(1)).first() is None


def data_keys_to_rewrap(
    session: Session, present_id: str, *, limit: int
) -> Sequence[StoredDataKey]:
    """Lock up to `limit` data keys that another master key wraps; those another process is
    rewrapping are left to it.
    """
    wanted = (
        select(StoredDataKey)
        .where(StoredDataKey.master_key_id != present_id)
        .order_by(StoredDataKey.owner_kind, StoredDataKey.owner_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.execute(wanted).scalars().all()
