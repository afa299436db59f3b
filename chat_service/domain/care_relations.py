"""Who is in care with whom: booking_service decides, the copy here when it cannot be asked."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from chat_service.queries.care_relations import care_relation_for_update


class CareRelations(Protocol):
    """booking_service, asked who may talk with whom."""

    def is_in_care(self, client_id: int, practitioner_id: int) -> bool:
        """Ask now, never from memory: the former therapist is refused right after the change.

        Raises:
            Unavailable: no usable answer in time.
        """
        ...

    def partners_of(self, account_id: int, *, is_client: bool) -> frozenset[int]:
        """Give the account ids a client or a therapist is in care with; the answer may be five
        seconds old.

        Raises:
            Unavailable: no usable answer in time.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class HearCareRelation:
    """The start or end of a care relation; `sequence` orders booking's events."""

    client_id: int
    practitioner_id: int
    is_active: bool
    sequence: int


def hear_care_relation(session: Session, command: HearCareRelation) -> None:
    """Take a start or an end; one older than heard before changes nothing."""
    relation = care_relation_for_update(session, command.client_id, command.practitioner_id)
    relation.hear(is_active=command.is_active, sequence=command.sequence)
