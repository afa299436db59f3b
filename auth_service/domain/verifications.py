"""Proving an address: asking for the code again and giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from auth_service.domain.accounts import announce_change
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import FreshCode, Purpose, count_request, record_request, try_code
from auth_service.domain.email_changes import cancel_pending_change, confirm_email_change
from auth_service.domain.limits import CODES, alone_with, check_limits, note_attempt
from auth_service.domain.login_sessions import EndedLoginSession, end_login_sessions
from auth_service.domain.security import Security
from auth_service.errors import EmailTaken
from auth_service.models.accounts import Account
from auth_service.models.codes import Code
from auth_service.queries.accounts import account_for_update, account_with_email_for_update
from auth_service.queries.codes import code_for_update, codes_for_update


@dataclass(frozen=True, kw_only=True)
class GiveCode:
    """A code somebody got by mail."""

    email: str
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ProvedAddress:
    """The address that counts as proved now, and the login sessions that ended by it."""

    email: str
    purpose: Purpose
    ended: Sequence[EndedLoginSession] = ()


def ask_again(
    session: Session,
    sign_up: FreshCode,
    email_change: FreshCode,
    *,
    security: Security,
    now: datetime,
) -> None:
    """Mail a new code, bound to what the older one was: for an address that nobody has proved yet,
    or one an account wants to change to. For any other the request is recorded alike; all count
    as requests for a sign-up's code, whichever is mailed.

    Adds auth.code.issued.v1 to the outbox.

    Raises:
        TooManyRequests: too many requests for this address lately.
    """
    alone_with(session, sign_up.email)
    count_request(session, Purpose.SIGN_UP, sign_up.email, security=security, now=now)
    account = account_with_email_for_update(session, sign_up.email)
    unproved = account if account is not None and not account.is_verified else None
    record_request(session, sign_up, account=unproved, security=security, now=now)
    waiting = [
        code
        for code in codes_for_update(session, Purpose.EMAIL_CHANGE, sign_up.email)
        if code.used_at is None and code.account_id is not None
    ]
    if waiting and unproved is None:
        _mail_change_again(session, email_change, waiting[0], security=security, now=now)


def give_code(
    session: Session, command: GiveCode, *, security: Security, now: datetime
) -> ProvedAddress | None:
    """Compare a code: those of sign-ups first, then those of changes of addresses. None when none
    was right; the counted tries must be committed all the same.

    Verifying a sign-up adopts its password and names and then ends every earlier login session of
    the account: nobody keeps a door into an account whose address they never proved. Adds
    auth.account.changed.v1 to the outbox.

    Raises:
        TooManyRequests: too many wrong codes for this address lately.
    """
    alone_with(session, command.email)
    check_limits(session, CODES, command.email, security=security, now=now)
    proved = _by_sign_up(session, command, security=security, now=now)
    if proved is None:
        proved = _by_email_change(session, command, security=security, now=now)
    if proved is None:
        note_attempt(session, CODES, command.email, security=security, now=now)
        add_audit_entry(session, Act.CODE_REFUSED, account_id=None, now=now)
    return proved


def _by_sign_up(
    session: Session, command: GiveCode, *, security: Security, now: datetime
) -> ProvedAddress | None:
    code = code_for_update(session, Purpose.SIGN_UP, command.email)
    if code is None or not try_code(code, command.code, security=security, now=now):
        return None
    account = account_for_update(session, code.account_id or 0)
    if account is None or account.email != command.email or account.is_verified:
        return None
    ended = _adopt(session, account, code, now)
    code.use_up(now)
    account.email_verified_at = now
    announce_change(session, account)
    add_audit_entry(session, Act.ACCOUNT_VERIFIED, account_id=account.id, now=now)
    return ProvedAddress(email=account.email, purpose=Purpose.SIGN_UP, ended=ended)


def _adopt(
    session: Session, account: Account, code: Code, now: datetime
) -> Sequence[EndedLoginSession]:
    """Take over the password and names of the sign-up the code belongs to, if it is another one
    than the account's own; close every door opened before.
    """
    if code.bound_password_hash is None:
        return ()
    account.set_password(code.bound_password_hash, is_weak=False, now=now)
    account.first_name = code.bound_first_name or account.first_name
    account.last_name = code.bound_last_name or ""
    cancel_pending_change(session, account.id, now=now)
    add_audit_entry(session, Act.ACCOUNT_ADOPTED, account_id=account.id, now=now)
    return end_login_sessions(session, account.id, now=now)


def _by_email_change(
    session: Session, command: GiveCode, *, security: Security, now: datetime
) -> ProvedAddress | None:
    right = [
        code
        for code in codes_for_update(session, Purpose.EMAIL_CHANGE, command.email)
        if try_code(code, command.code, security=security, now=now)
    ]
    for code in right:
        try:
            is_changed = confirm_email_change(session, code, security=security, now=now)
        except EmailTaken:
            return None
        if is_changed:
            return ProvedAddress(email=command.email, purpose=Purpose.EMAIL_CHANGE)
    return None


def _mail_change_again(
    session: Session, fresh: FreshCode, code: Code, *, security: Security, now: datetime
) -> None:
    account = account_for_update(session, code.account_id or 0)
    record_request(
        session, fresh, account=account, security=security, now=now, asked_by=code.asked_by
    )
