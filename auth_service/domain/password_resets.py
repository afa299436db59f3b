"""A forgotten password: asking for a code, checking it, setting a new one with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from auth_service.domain.accounts import announce_change
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import (
    FreshCode,
    Purpose,
    code_of_link,
    count_request,
    record_request,
    try_code,
    was_asked_for,
)
from auth_service.domain.known_devices import is_known_device
from auth_service.domain.limits import Caller, alone_with, check_limits, codes, note_attempt
from auth_service.domain.login_sessions import EndedLoginSession
from auth_service.domain.notices import tell_owner
from auth_service.domain.passwords import NewPassword
from auth_service.domain.security import Security
from auth_service.domain.verifications import GiveCode
from auth_service.domain.ways_in import close_beside_second_factor, leave_only_mailbox
from auth_service.errors import NoResetCode
from auth_service.events.notices import NoticeKind
from auth_service.models.accounts import Account
from auth_service.models.codes import Code
from auth_service.queries.accounts import account_with_email_for_update
from auth_service.queries.codes import code_for_update


@dataclass(frozen=True, kw_only=True)
class ConfirmReset:
    """The code from the mail and the password to set."""

    proof: GiveCode
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ConfirmResetByLink:
    """The token of the mailed link and the password to set."""

    token: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PasswordReset:
    """A password that was set, and the login sessions that ended by it."""

    email: str
    ended: Sequence[EndedLoginSession]


def ask_for_reset(
    session: Session, fresh: FreshCode, caller: Caller, *, security: Security, now: datetime
) -> None:
    """Mail a reset code; for an unknown address the request is recorded alike. Beyond what a
    mailbox gets, nothing happens at all.

    Adds auth.code.issued.v1 to the outbox.

    Raises:
        TooManyRequests: too many requests for this address lately.
    """
    alone_with(session, fresh.email)
    is_mailed = count_request(
        session, Purpose.PASSWORD_RESET, fresh.email, caller, security=security, now=now
    )
    account = account_with_email_for_update(session, fresh.email)
    if is_mailed:
        record_request(session, fresh, account=account, security=security, now=now)
    account_id = None if account is None else account.id
    add_audit_entry(session, Act.PASSWORD_RESET_REQUESTED, account_id=account_id, now=now)


def check_reset_code(
    session: Session, command: GiveCode, caller: Caller, *, security: Security, now: datetime
) -> bool:
    """Tell whether the code is right; it stays usable, and the try counts. The count must be
    committed whatever comes out.

    Raises:
        TooManyRequests: too many wrong codes for this address lately.
        NoResetCode: nobody asked for one in the last ten minutes, or it was used.
    """
    return _right_code(session, command, caller, security=security, now=now) is not None


def reset_password(
    session: Session,
    command: GiveCode,
    caller: Caller,
    new: NewPassword,
    *,
    security: Security,
    now: datetime,
) -> PasswordReset | None:
    """Set the password if the code is right: the code is used, the address counts as proved, every
    login session ends; so does a second factor that was there before the address was ever proved.
    None when the code was wrong; the try must be committed all the same.

    Adds auth.account.changed.v1 and auth.account.notice.v1 to the outbox.

    Raises:
        TooManyRequests: see `check_reset_code`.
        NoResetCode: see `check_reset_code`.
    """
    found = _right_code(session, command, caller, security=security, now=now)
    if found is None:
        return None
    return _reset(session, *found, new, security=security, now=now)


def reset_password_by_link(
    session: Session,
    email: str,
    token: str,
    new: NewPassword,
    *,
    security: Security,
    now: datetime,
) -> PasswordReset | None:
    """Set the password by the token of the link that was mailed, as `reset_password` does by the
    code; `email` is what `email_of_link` told. None when the link is no longer good.
    """
    alone_with(session, email)
    code = code_of_link(session, token, Purpose.PASSWORD_RESET, now=now)
    account = account_with_email_for_update(session, email)
    if code is None or account is None or account.id != code.account_id:
        return None
    return _reset(session, code, account, new, security=security, now=now)


def _reset(
    session: Session,
    code: Code,
    account: Account,
    new: NewPassword,
    *,
    security: Security,
    now: datetime,
) -> PasswordReset:
    code.use_up(now)
    close = close_beside_second_factor if account.is_verified else leave_only_mailbox
    ended = close(session, account, now=now)
    account.set_password(new.hash, is_weak=new.is_weak, now=now)
    account.email_verified_at = account.email_verified_at or now
    announce_change(session, account)
    tell_owner(session, account, NoticeKind.PASSWORD_CHANGED, security)
    add_audit_entry(session, Act.PASSWORD_RESET, account_id=account.id, now=now)
    return PasswordReset(email=account.email, ended=ended)


def _right_code(
    session: Session, command: GiveCode, caller: Caller, *, security: Security, now: datetime
) -> tuple[Code, Account] | None:
    alone_with(session, command.email)
    account = account_with_email_for_update(session, command.email)
    is_known = is_known_device(session, account, caller, security=security, now=now)
    counts = codes(Purpose.PASSWORD_RESET, command.email, caller, is_known_device=is_known)
    check_limits(session, counts, security=security, now=now)
    code = code_for_update(session, Purpose.PASSWORD_RESET, command.email)
    if code is None or not was_asked_for(code, now):
        raise NoResetCode
    is_right = try_code(code, command.code, security=security, now=now)
    if is_right and account is not None and account.id == code.account_id:
        return code, account
    note_attempt(session, counts, security=security, now=now)
    add_audit_entry(session, Act.CODE_REFUSED, account_id=None, now=now)
    return None
