"""What staff may do to other people's accounts: lock, unlock, give a role."""

from datetime import datetime

from sqlalchemy.orm import Session

from auth_service.domain.accounts import PROFESSIONALS, announce_change
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.invitations import invite
from auth_service.domain.limits import alone_with
from auth_service.domain.login_sessions import EndedLoginSession, end_login_sessions
from auth_service.domain.password_hashing import UNUSABLE
from auth_service.domain.security import Security
from auth_service.domain.ways_in import (
    cancel_corrections,
    cancel_pending_change,
    close_invitations,
    leave_only_mailbox,
)
from auth_service.errors import AccountNotFound
from auth_service.models.accounts import Account
from auth_service.queries.accounts import account_by_id, account_for_update
from shared.access_tokens import STAFF, Identity
from shared.errors import NotAllowed


def lock_account(
    session: Session, account_id: int, *, identity: Identity | None, now: datetime
) -> list[EndedLoginSession]:
    """Let nobody log in to an account, end its login sessions and cancel its pending change of
    address and what staff proposed as another one; locking twice changes nothing.

    `identity` is None for a command on the server. Adds auth.account.changed.v1 to the outbox.

    Raises:
        AccountNotFound: unknown.
        NotAllowed: oneself, or a moderator would lock staff.
    """
    account = _account_in_reach(session, account_id, identity)
    if not account.is_locked:
        account.locked_at = now
        close_invitations(session, account_id, now=now)
        announce_change(session, account)
        _record(session, Act.ACCOUNT_LOCKED, account, identity, now)
    cancel_pending_change(session, account_id, now=now)
    cancel_corrections(session, account_id, now=now)
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
    session: Session,
    account_id: int,
    role: str,
    *,
    identity: Identity,
    security: Security,
    now: datetime,
) -> tuple[Account, list[EndedLoginSession]]:
    """Change a role, end the account's login sessions, whose tokens say the old one, and cancel
    its pending change of address.

    Who becomes a therapist or staff before their address is proved is invited, as if the account
    were opened with that role: whoever had it need not be them. Adds
    auth.account.changed.v1 and auth.account.notice.v1 to the outbox.

    Raises:
        AccountNotFound: unknown.
        NotAllowed: one's own role.
        TooManyRequests: see `invite`.
    """
    alone_with(session, account_by_id(session, account_id).email)
    account = _account_in_reach(session, account_id, identity)
    if account.role == role:
        return account, []
    account.role = role
    ended: list[EndedLoginSession] = []
    if role in PROFESSIONALS and not account.is_verified:
        ended = leave_only_mailbox(session, account, now=now)
    announce_change(session, account)
    _record(session, Act.ROLE_CHANGED, account, identity, now)
    cancel_pending_change(session, account_id, now=now)
    is_waiting = account.password_hash == UNUSABLE and not account.is_locked
    if role in PROFESSIONALS and is_waiting:
        invite(session, account, actor_id=identity.account_id, security=security, now=now)
    return account, ended + end_login_sessions(session, account_id, now=now)


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
