"""The key by which this installation's calendar entries differ from those of every other one."""

import uuid

from sqlalchemy.orm import Session

from notification_service.models.installations import THE_ONLY, Installation
from shared.database import insert_unless_there


def installation_key(session: Session) -> str:
    """Give the installation's UUID; the first who asks makes it, also when several do at once."""
    found = session.get(Installation, THE_ONLY)
    if found is None:
        insert_unless_there(session, Installation, {"id": THE_ONLY, "key": str(uuid.uuid4())})
        found = session.get_one(Installation, THE_ONLY)
    return found.key
