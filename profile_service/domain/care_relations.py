"""Who may see what of whom: the person, staff, and the two sides of a care relation; a listed
therapist's picture is open to all.
"""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from profile_service.models.care_relations import KnownCareRelation, KnownPractitioner
from profile_service.queries.care_relations import (
    care_relation_for_update,
    practitioner_for_update,
)
from shared.access_tokens import Identity
from shared.database import insert_unless_there
from shared.errors import Unavailable


class Booking(Protocol):
    """Gives what booking_service knows. Every question raises Unavailable when nobody answers."""

    def has_care_relation(self, *, client_id: int, practitioner_id: int) -> bool:
        """Tell whether the practitioner is the client's present therapist."""
        ...

    def is_listed(self, practitioner_id: int) -> bool:
        """Tell whether a therapist of that id is published."""
        ...

    def has_card(self, account_id: int) -> bool:
        """Tell whether the account has a card on file."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How much of somebody a caller sees: the full name of who is visible or listed, contact data
    only of visible ones.
    """

    is_visible: bool
    is_listed: bool
    has_contact: bool

    @property
    def has_name(self) -> bool:
        """Tell whether the full name may be seen."""
        return self.is_visible or self.is_listed


def is_visible_to(
    identity: Identity, account_id: int, *, booking: Booking, is_related_by_copy: bool
) -> bool:
    """Tell whether the caller may see address and birth date of the account.

    The owner is asked every time, because a care relation that has ended must close the door at
    once; the copy decides while it cannot be asked.
    """
    if identity.is_staff or identity.account_id == account_id:
        return True
    pair = _pair(identity, account_id)
    try:
        return booking.has_care_relation(client_id=pair[0], practitioner_id=pair[1])
    except Unavailable:
        return is_related_by_copy


def is_listed(account_id: int, *, booking: Booking, is_listed_by_copy: bool) -> bool:
    """Tell whether a therapist is listed: by the copy, and before saying no by asking the owner."""
    if is_listed_by_copy:
        return True
    try:
        return booking.is_listed(account_id)
    except Unavailable:
        return False


def _pair(identity: Identity, account_id: int) -> tuple[int, int]:
    """Give client and practitioner of the only care relation the two can have."""
    if identity.role == "therapist":
        return account_id, identity.account_id
    return identity.account_id, account_id


@dataclass(frozen=True, kw_only=True)
class RememberCareRelation:
    """A client has begun care with a therapist or left them; `sequence` orders booking's events."""

    client_id: int
    practitioner_id: int
    is_active: bool
    sequence: int


@dataclass(frozen=True, kw_only=True)
class RememberListing:
    """A therapist was listed or taken off the list; `sequence` orders booking's events."""

    practitioner_id: int
    is_published: bool
    sequence: int


def remember_care_relation(session: Session, command: RememberCareRelation) -> None:
    """Take over whom a client has as therapist, unless something newer is known. An end counts
    only for the therapist it names.
    """
    relation = _relation(session, command.client_id)
    if command.sequence <= relation.heard_sequence:
        return
    if command.is_active:
        relation.practitioner_id = command.practitioner_id
    elif relation.practitioner_id == command.practitioner_id:
        relation.practitioner_id = None
    relation.heard_sequence = command.sequence


def remember_listing(session: Session, command: RememberListing) -> None:
    """Take over whether a therapist is listed, unless something newer is known."""
    insert_unless_there(
        session,
        KnownPractitioner,
        {
            "practitioner_id": command.practitioner_id,
            "is_published": False,
            "heard_sequence": -1,
        },
    )
    practitioner = practitioner_for_update(session, command.practitioner_id)
    if command.sequence > practitioner.heard_sequence:
        practitioner.is_published = command.is_published
        practitioner.heard_sequence = command.sequence


def _relation(session: Session, client_id: int) -> KnownCareRelation:
    """Give the client's locked row, made on first touch."""
    insert_unless_there(session, KnownCareRelation, {"client_id": client_id, "heard_sequence": -1})
    return care_relation_for_update(session, client_id)
