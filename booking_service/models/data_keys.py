"""The clients' data keys, as the chassis defines them, and sealing what is told of a client with
the client's own.

The master keys lie in the session's `info`, where the composition places put them: whoever has a
session can seal and open, and no operation carries keys around.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking_service.models.tables import Model
from shared.data_keys import (
    PERSON,
    MasterKeys,
    TextUnreadable,
    data_key_for_writing,
    data_key_of,
)
from shared.data_keys import Place as AnyPlace
from shared.data_keys import data_keys as shared_data_keys

NAME = "booking_service"
_MASTER_KEYS = "text_master_keys"

data_keys = shared_data_keys.to_metadata(Model.metadata)


@dataclass(frozen=True, kw_only=True)
class Place(AnyPlace):
    """Where a sealed text of this service stands."""

    service: str = NAME


def master_keys(present: bytes, other: bytes | None = None) -> MasterKeys:
    """Give this service's master keys."""
    return MasterKeys(NAME, present, other)


def carrying(masters: MasterKeys) -> Mapping[str, object]:
    """Give what each session of a Database carries, so that texts can be sealed and opened."""
    return {_MASTER_KEYS: masters}


def seal_for(session: Session, client_id: int, words: str, place: Place, *, now: datetime) -> bytes:
    """Encrypt what is told of a client for one place; the data key is made on first use.

    Raises:
        TextUnreadable: there is a data key, and it cannot be unwrapped.
    """
    key = data_key_for_writing(session, session.info[_MASTER_KEYS], PERSON, client_id, now=now)
    return key.seal(words, place)


def open_for(session: Session, client_id: int, sealed: bytes, place: Place) -> str:
    """Give back what was sealed for a client.

    Raises:
        TextUnreadable: it was changed or moved, or its key is missing.
    """
    key = data_key_of(session, session.info[_MASTER_KEYS], PERSON, client_id)
    if key is None:
        raise TextUnreadable
    return key.open(sealed, place)
