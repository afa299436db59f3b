"""The one way in which a view leaves a trace in the service's append-only record: of what staff and
therapists do to and read of other people, and of one's own acts that are worth remembering.

Which operations must is declared in each service's `tests/contracts/access.yaml`, below `audited`;
playing that table finds an operation that reaches somebody else's thing and leaves no trace.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from shared.access_tokens import Identity
from shared.audit_entries import add_audit_entry
from shared.http.context import clock, database

T = TypeVar("T")


def audited(
    work: Callable[[Session], T],
    act: StrEnum,
    identity: Identity,
    account_of: Callable[[T], int | None],
    *,
    is_common: bool = False,
) -> Callable[[Session], T]:
    """Give `work` so that it leaves a trace in its own transaction when staff or a therapist do it
    to somebody else. `account_of` tells of the result whose it is. What `is_common` is the
    therapist's too (an appointment): only staff leave a trace.
    """

    def recorded(session: Session) -> T:
        result = work(session)
        account_id = account_of(result)
        if _is_to_be_told(identity, account_id, is_common=is_common):
            _add(session, act, identity, account_id)
        return result

    return recorded


def audited_own(
    work: Callable[[Session], T], act: StrEnum, identity: Identity
) -> Callable[[Session], T]:
    """Give `work`, something the caller does to what is their own, so that it leaves a trace."""

    def recorded(session: Session) -> T:
        result = work(session)
        _add(session, act, identity, identity.account_id)
        return result

    return recorded


def audit_read(
    act: StrEnum, identity: Identity, account_id: int | None, *, is_common: bool = False
) -> None:
    """Record that staff or a therapist read somebody else's data (None: many people's), before the
    answer leaves; in a short transaction of its own, so that everybody else's reads stay reads.
    """
    if _is_to_be_told(identity, account_id, is_common=is_common):
        database().writing(lambda session: _add(session, act, identity, account_id))


def _is_to_be_told(identity: Identity, account_id: int | None, *, is_common: bool) -> bool:
    if account_id == identity.account_id:
        return False
    return identity.is_staff or (identity.role == "therapist" and not is_common)


def _add(session: Session, act: StrEnum, identity: Identity, account_id: int | None) -> None:
    add_audit_entry(
        session, act, account_id=account_id, actor_id=identity.account_id, now=clock().now()
    )
