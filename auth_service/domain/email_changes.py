"""Changing an account's address: pending until the code mailed to the new one comes back; the old
one is told and can undo it for seven days.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from auth_service.domain.accounts import announce_change
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import (
    FreshCode,
    Purpose,
    count_request,
    record_request,
)
from auth_service.domain.limits import Caller, address_changes, check_limits, note_attempt
from auth_service.domain.login_sessions import EndedLoginSession
from auth_service.domain.password_hashing import UNUSABLE
from auth_service.domain.second_factors import remove_second_factor_since
from auth_service.domain.security import Security, token_hash
from auth_service.domain.ways_in import (
    cancel_pending_change,
    close_beside_second_factor,
    leave_only_mailbox,
    mail_way_in,
)
from auth_service.errors import AccountNotFound, EmailTaken, UndoTokenNotAccepted
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.codes import Code
from auth_service.models.email_changes import EmailChange
from auth_service.queries.accounts import (
    account_for_update,
    account_with_email,
    account_with_email_for_update,
)
from auth_service.queries.email_changes import email_change_with_undo_hash, pending_email_change
from shared.events.outbox import add_to_outbox

UNDO = timedelta(days=7)
RELEASED_DOMAIN = "released.test"  # reserved, no mail ever arrives there


@dataclass(frozen=True, kw_only=True)
class UndoneChange:
    """The address that stands again, and the login sessions that ended by it."""

    email: str
    ended: list[EndedLoginSession] = field(default_factory=list)


def count_asking(
    session: Session, account_id: int, email: str, *, security: Security, now: datetime
) -> None:
    """Count that another address is asked for, whatever the answer will be: five times a day for
    each account. The present one is no other.

    Raises:
        AccountNotFound: the account is gone.
        TooManyRequests: with the seconds until the next one.
    """
    account = account_for_update(session, account_id)
    if account is None:
        raise AccountNotFound
    if account.email != email:
        counts = address_changes(account_id)
        check_limits(session, counts, security=security, now=now)
        note_attempt(session, counts, security=security, now=now)


def request_email_change(
    session: Session,
    account: Account,
    fresh: FreshCode,
    *,
    actor_id: int | None,
    login_session_id: str | None,
    caller: Caller,
    security: Security,
    now: datetime,
) -> None:
    """Make the address pending, mail its code there, and tell the present one, which keeps working.
    The change is pending alike when another account has the address, but then nothing is mailed
    there and nothing ever confirms it: who asks is not told.

    The new address must be held by `alone_with`, the account be locked, the asking be counted by
    `count_asking`. An earlier pending change is replaced. It dies with the login session it is
    asked for from. Adds auth.code.issued.v1 and auth.account.notice.v1 to the outbox.

    Raises:
        TooManyRequests: too many codes for this address lately; an earlier change stays pending.
    """
    is_mailed = count_request(
        session, Purpose.EMAIL_CHANGE, fresh.email, caller, security=security, now=now
    )
    is_taken = account_with_email(session, fresh.email) is not None
    cancel_pending_change(session, account.id, now=now)
    change = _new_change(account, fresh.email, login_session_id, security=security, now=now)
    session.add(change)
    if is_mailed:
        mailed_for = None if is_taken else account
        record_request(
            session, fresh, account=mailed_for, asked_by=account.id, security=security, now=now
        )
    _tell_old_address(
        session, NoticeKind.EMAIL_CHANGE_REQUESTED, account, change, security=security
    )
    add_audit_entry(
        session, Act.EMAIL_CHANGE_REQUESTED, account_id=account.id, actor_id=actor_id, now=now
    )


def confirm_email_change(
    session: Session, code: Code, *, security: Security, now: datetime
) -> bool:
    """Make the new address the account's own; login sessions stay. False when the change was
    cancelled, or replaced, or the account is gone.

    The code must be right and locked. Adds auth.account.changed.v1 and auth.account.notice.v1 to
    the outbox.

    Raises:
        EmailTaken: another account has taken the address meanwhile.
    """
    account = account_for_update(session, code.asked_by)
    change = pending_email_change(session, code.asked_by)
    if account is None or change is None or change.new_email != code.email:
        return False
    if account_with_email(session, code.email) is not None:
        raise EmailTaken
    code.use_up(now)
    change.confirmed_at = now
    change.undo_until = now + UNDO
    account.email = change.new_email
    account.email_verified_at = now
    announce_change(session, account)
    _tell_old_address(session, NoticeKind.EMAIL_CHANGED, account, change, security=security)
    add_audit_entry(session, Act.EMAIL_CHANGED, account_id=account.id, actor_id=account.id, now=now)
    return True


def undo_email_change(
    session: Session, undo_token: str, *, security: Security, now: datetime
) -> UndoneChange:
    """Give the account its old address back, or cancel the change while it is pending. Later
    changes are undone with it, every login session ends, and a second factor confirmed or begun
    since the change was asked for goes. Whoever got a change confirmed likely knew the password,
    so it is withdrawn and a link to set one is mailed. Somebody who registered the old address
    since without proving it loses it.

    Where nobody had proved the old address when the change was asked for, the account may be a
    stranger's whole: then only the mailbox is left as a way in.

    The old address must be held by `alone_with` (see `undone_address`). Adds
    auth.account.changed.v1 and perhaps auth.account.notice.v1 to the outbox.

    Raises:
        UndoTokenNotAccepted: unknown, used, or more than seven days old.
        EmailTaken: somebody else has proved the old address by now.
    """
    change = _change_to_undo(session, undo_token, now)
    account = account_for_update(session, change.account_id)
    if account is None:
        raise AccountNotFound
    _close_from(session, change, now)
    is_owners = _is_owners(change, account)
    ended: list[EndedLoginSession] = []
    if account.email != change.old_email:
        ended = _freed_address(session, change.old_email, now=now)
        account.email = change.old_email
        account.email_verified_at = now
    account.email_verified_at = account.email_verified_at or now
    ended += _closed_since(session, account, change, is_owners=is_owners, now=now)
    if account.password_hash == UNUSABLE:
        mail_way_in(session, account, security=security, now=now)
    announce_change(session, account)
    add_audit_entry(session, Act.EMAIL_CHANGE_UNDONE, account_id=account.id, now=now)
    return UndoneChange(email=account.email, ended=ended)


def _is_owners(change: EmailChange, account: Account) -> bool:
    """Tell whether the old mailbox had proved that the account is its own: before the change was
    asked for, or since while it was pending. What an earlier release did not note counts as no.
    """
    has_proved_since = account.email == change.old_email and account.is_verified
    return bool(change.was_proved) or (change.confirmed_at is None and has_proved_since)


def _closed_since(
    session: Session, account: Account, change: EmailChange, *, is_owners: bool, now: datetime
) -> list[EndedLoginSession]:
    if not is_owners:
        return leave_only_mailbox(session, account, now=now)
    if change.confirmed_at is not None or account.password_changed_at > change.requested_at:
        account.set_password(UNUSABLE, is_weak=False, now=now)
    remove_second_factor_since(session, account.id, change.requested_at, now=now)
    return close_beside_second_factor(session, account, now=now)


def _freed_address(session: Session, email: str, *, now: datetime) -> list[EndedLoginSession]:
    """Take an address from whoever registered it since without proving it: that account is locked
    and its login sessions end. Adds auth.account.changed.v1 to the outbox.

    Raises:
        EmailTaken: the other account has proved it.
    """
    other = account_with_email_for_update(session, email)
    if other is None:
        return []
    if other.is_verified:
        raise EmailTaken
    other.email = f"released-{other.id}@{RELEASED_DOMAIN}"
    other.locked_at = other.locked_at or now
    announce_change(session, other)
    add_audit_entry(session, Act.ADDRESS_RELEASED, account_id=other.id, now=now)
    return close_beside_second_factor(session, other, now=now)


def undone_address(session: Session, undo_token: str, *, now: datetime) -> str:
    """Tell which address a token would give back.

    Raises:
        UndoTokenNotAccepted: see `undo_email_change`.
    """
    return _change_to_undo(session, undo_token, now).old_email


def withdraw_pending_change(session: Session, account_id: int, *, now: datetime) -> None:
    """Cancel a pending change because its owner says so. The account must be locked."""
    if pending_email_change(session, account_id) is not None:
        cancel_pending_change(session, account_id, now=now)
        add_audit_entry(
            session,
            Act.EMAIL_CHANGE_WITHDRAWN,
            account_id=account_id,
            actor_id=account_id,
            now=now,
        )


def _new_change(
    account: Account,
    new_email: str,
    login_session_id: str | None,
    *,
    security: Security,
    now: datetime,
) -> EmailChange:
    seed = secrets.token_hex(32)
    return EmailChange(
        account_id=account.id,
        old_email=account.email,
        new_email=new_email,
        undo_seed=seed,
        undo_hash=token_hash(_undo_token(security, seed)),
        undo_until=now + UNDO,
        requested_at=now,
        login_session_id=login_session_id,
        was_proved=account.is_verified,
    )


def _undo_token(security: Security, seed: str) -> str:
    """Make the token both mails to the old address carry; the database alone cannot."""
    return security.keyed_hash("undo", seed)


def _tell_old_address(
    session: Session,
    kind: NoticeKind,
    account: Account,
    change: EmailChange,
    *,
    security: Security,
) -> None:
    token = _undo_token(security, change.undo_seed)
    add_to_outbox(
        session,
        notice(
            kind,
            email=change.old_email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(change.old_email),
            sealed=security.sealed(kind.value, change.old_email, token),
            expires_at=change.undo_until,
        ),
    )


def _change_to_undo(session: Session, undo_token: str, now: datetime) -> EmailChange:
    change = email_change_with_undo_hash(session, token_hash(undo_token))
    if change is None or change.closed_at is not None or change.undo_until <= now:
        raise UndoTokenNotAccepted
    return change


def _close_from(session: Session, change: EmailChange, now: datetime) -> None:
    """Close the change and everything that came after it."""
    session.execute(
        update(EmailChange)
        .where(
            EmailChange.account_id == change.account_id,
            EmailChange.id >= change.id,
            EmailChange.closed_at.is_(None),
        )
        .values(closed_at=now)
    )
