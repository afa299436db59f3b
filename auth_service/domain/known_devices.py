"""Recognising a device by the network it comes from and what its client calls itself: clients of
the older systems keep nothing that could be asked for.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from auth_service.domain.limits import Caller
from auth_service.domain.security import Security
from auth_service.models.accounts import Account
from auth_service.models.known_devices import KnownDevice

KEPT = timedelta(days=90)


def remember_device(
    session: Session, account: Account, caller: Caller, *, security: Security, now: datetime
) -> None:
    """Note that a device has shown the account's password. The account must be locked."""
    device_hash = _hash_of(security, account, caller)
    known = session.get(KnownDevice, (account.id, device_hash))
    if known is None:
        session.add(KnownDevice(account_id=account.id, device_hash=device_hash, seen_at=now))
    else:
        known.seen_at = now


def is_known_device(
    session: Session,
    account: Account | None,
    caller: Caller,
    *,
    security: Security,
    now: datetime,
) -> bool:
    """Tell whether the account's password was shown from the device in the last 90 days."""
    if account is None:
        return False
    known = session.get(KnownDevice, (account.id, _hash_of(security, account, caller)))
    return known is not None and known.seen_at > now - KEPT


def forget_devices(session: Session, account_id: int) -> None:
    """Recognise none of an account's devices any more: who logged in may have been a thief."""
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def prune_known_devices(session: Session, now: datetime) -> None:
    """Delete what was not seen for long."""
    session.execute(delete(KnownDevice).where(KnownDevice.seen_at < now - KEPT))


def _hash_of(security: Security, account: Account, caller: Caller) -> str:
    return security.keyed_hash(f"device of {account.id}", caller.device)
