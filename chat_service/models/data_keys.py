"""The wrapped data keys of persons and conversations, as the chassis defines them."""

from dataclasses import dataclass

from chat_service.models.tables import Model
from shared.data_keys import MasterKeys
from shared.data_keys import Place as AnyPlace
from shared.data_keys import data_keys as shared_data_keys

NAME = "chat_service"
CONVERSATION = "conversation"

data_keys = shared_data_keys.to_metadata(Model.metadata)


@dataclass(frozen=True, kw_only=True)
class Place(AnyPlace):
    """Where a sealed text of this service stands."""

    service: str = NAME


def master_keys(present: bytes, other: bytes | None = None) -> MasterKeys:
    """Give this service's master keys."""
    return MasterKeys(NAME, present, other)
