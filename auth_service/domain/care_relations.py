"""Copying booking's facts, and deciding who sees whose account."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from auth_service.domain.accounts import AccountView, SeenAccount, ShownAccount
from auth_service.models.accounts import Account
from auth_service.models.care_relations import CareRelation, Practitioner
from shared.access_tokens import Identity


class Booking(Protocol):
    """What booking_service answers; it owns the facts copied here."""

    def in_care_with(self, identity: Identity) -> frozenset[int]:
        """Give the other sides of a person's care relations, or raise Unavailable."""
        ...

    def is_listed(self, practitioner_id: int) -> bool:
        """Tell whether a therapist's public record is listed, or raise Unavailable."""
        ...


@dataclass(frozen=True, kw_only=True)
class CopyCareRelation:
    """The start or end of a care relation; `sequence` orders booking's events."""

    client_id: int
    practitioner_id: int
    is_active: bool
    sequence: int


@dataclass(frozen=True, kw_only=True)
class CopyPractitioner:
    """A therapist was listed or taken off the list; `sequence` orders booking's events."""

    practitioner_id: int
    is_published: bool
    sequence: int


def copy_care_relation(session: Session, command: CopyCareRelation) -> None:
    """Write what an event says, unless a later one was copied already."""
    pair = (command.client_id, command.practitioner_id)
    copy = session.get(CareRelation, pair, with_for_update=True)
    if copy is None:
        copy = CareRelation(client_id=pair[0], practitioner_id=pair[1], sequence=-1)
        session.add(copy)
    if command.sequence > copy.sequence:
        copy.is_active, copy.sequence = command.is_active, command.sequence


def copy_practitioner(session: Session, command: CopyPractitioner) -> None:
    """Write what an event says, unless a later one was copied already."""
    copy = session.get(Practitioner, command.practitioner_id, with_for_update=True)
    if copy is None:
        copy = Practitioner(practitioner_id=command.practitioner_id, sequence=-1)
        session.add(copy)
    if command.sequence > copy.sequence:
        copy.is_published, copy.sequence = command.is_published, command.sequence


def is_visible_to(identity: Identity, account_id: int, in_care: Collection[int]) -> bool:
    """Tell whether somebody sees the whole account: the person, staff, the other side of a care
    relation.
    """
    return identity.is_staff or identity.account_id == account_id or account_id in in_care


def visible_account(account: Account, identity: Identity, own: Account | None) -> SeenAccount:
    """Copy what is shown of an account that is visible to the caller, whose own account is `own`:
    everything, but across a care relation no address until both are proved.
    """
    view = AccountView.of(account)
    if is_visible_to(identity, account.id, frozenset()):
        return SeenAccount(**vars(view))
    both_proved = own is not None and own.is_verified and account.is_verified
    return SeenAccount(**{**vars(view), "email": view.email if both_proved else None})


def shown_account(
    account: Account, visible: SeenAccount | None, *, is_listed: bool
) -> ShownAccount:
    """Copy what may be shown: what is visible, else a listed therapist's names."""
    names = SeenAccount(
        id=account.id,
        user_name=account.user_name,
        first_name=account.first_name,
        last_name=account.last_name,
        role=account.role,
    )
    return ShownAccount(**vars(visible or names), is_listed=is_listed)
