"""What staff may do to other people's accounts: lock, unlock, give a role."""

from datetime import datetime

from sqlalchemy.orm import Session

from auth_service.domain.accounts import announce_change
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.login_sessions import EndedLoginSession, end_login_sessions
from auth_service.errors import AccountNotFound
from auth_service.models.accounts import Account
from auth_service.queries.accounts import account_for_update
from shared.errors import NotAllowed
from shared.http.authentication import STAFF, Identity


def lock_account(
    session: Session, account_id: int, *, identity: Identity | None, now: datetime
) -> list[EndedLoginSession]:
    """Let nobody log in to an account and end its login sessions; locking twice changes nothing.

    `identity` is None for a command on the server. Adds auth.account.changed.v1 to the outbox.

    Raises:
        AccountNotFound: unknown.
        NotAllowed: oneself, or a moderator would lock staff.
    """
    account = _account_in_reach(session, account_id, identity)
    if not account.is_locked:
        account.locked_at = now
        announce_change(session, account)
        _record(session, Act.ACCOUNT_LOCKED, account, identity, now)
    return end_login_sessions(session, account_id, now=now)


def unlock_account(
    session: Session, account_id: int, *, identity: Identity | None, now: datetime
) -> None:
    """Let somebody log in again; see `lock_account`."""
    account = _account_in_reach(session, account_id, identity)
    if account.is_locked:
        account.locked_at = None
        announce_change(session, account)
        _record(session, Act.ACCOUNT_UNLOCKED, account, identity, now)


def give_role(
    session: Session, account_id: int, role: str, *, identity: Identity, now: datetime
) -> tuple[Account, list[EndedLoginSession]]:
    """Change a role and end the account's login sessions, whose tokens say the old one.

    Adds auth.account.changed.v1 to the outbox.

    Raises:
        AccountNotFound: unknown.
        NotAllowed: one's own role.
    """
    account = _account_in_reach(session, account_id, identity)
    if account.role == role:
        return account, []
    account.role = role
    announce_change(session, account)
    _record(session, Act.ROLE_CHANGED, account, identity, now)
    return account, end_login_sessions(session, account_id, now=now)


def _account_in_reach(session: Session, account_id: int, identity: Identity | None) -> Account:
    account = account_for_update(session, account_id)
    if account is None:
        raise AccountNotFound
    if identity is not None:
        is_above = identity.role == "admin" or account.role not in STAFF
        if identity.account_id == account_id or not is_above:
            raise NotAllowed
    return account


def _record(
    session: Session, act: Act, account: Account, identity: Identity | None, now: datetime
) -> None:
    actor_id = identity.account_id if identity is not None else None
    add_audit_entry(session, act, account_id=account.id, actor_id=actor_id, now=now)
