"""Traces of what staff do to and read of other people, in the service's append-only record."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from shared.audit_entries import add_audit_entry
from shared.http.authentication import Identity
from shared.http.context import clock, database

T = TypeVar("T")


def audited(
    work: Callable[[Session], T],
    act: StrEnum,
    identity: Identity,
    account_of: Callable[[T], int | None],
) -> Callable[[Session], T]:
    """Give `work` so that it leaves a trace in its own transaction when staff do it to somebody
    else. `account_of` tells of the result whose it is.
    """

    def recorded(session: Session) -> T:
        result = work(session)
        account_id = account_of(result)
        if _is_to_be_told(identity, account_id):
            _add(session, act, identity, account_id)
        return result

    return recorded


def audit_read(act: StrEnum, identity: Identity, account_id: int | None) -> None:
    """Record that staff read somebody else's data (None: many people's), before the answer leaves;
    in a short transaction of its own, so that everybody else's reads stay reads.
    """
    if _is_to_be_told(identity, account_id):
        database().writing(lambda session: _add(session, act, identity, account_id))


def _is_to_be_told(identity: Identity, account_id: int | None) -> bool:
    return identity.is_staff and account_id != identity.account_id


def _add(session: Session, act: StrEnum, identity: Identity, account_id: int | None) -> None:
    add_audit_entry(
        session, act, account_id=account_id, actor_id=identity.account_id, now=clock().now()
    )
