"""Proving an address: asking for the code again, giving it back, or opening the mailed link."""

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
)
from auth_service.domain.email_changes import confirm_email_change
from auth_service.domain.known_devices import is_known_device
from auth_service.domain.limits import (
    Caller,
    Count,
    alone_with,
    check_limits,
    codes,
    note_attempt,
)
from auth_service.domain.login_sessions import EndedLoginSession
from auth_service.domain.registrations import (
    Claim,
    forget_registrations,
    may_keep_password,
    take_names_of_newest,
)
from auth_service.domain.security import Security
from auth_service.domain.ways_in import leave_only_mailbox, mail_way_in
from auth_service.errors import EmailTaken
from auth_service.models.codes import Code
from auth_service.queries.accounts import account_for_update, account_with_email_for_update
from auth_service.queries.codes import code_for_update, codes_for_update
from auth_service.queries.email_changes import pending_email_change


@dataclass(frozen=True, kw_only=True)
class GiveCode:
    """A code somebody got by mail, folded."""

    email: str
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class GiveLink:
    """The token of a link somebody got by mail."""

    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ProvedAddress:
    """The address that counts as proved now, and the login sessions that ended by it.

    When `is_password_needed`, a mail with a link to set one is under way.
    """

    email: str
    purpose: str
    is_password_needed: bool = False
    ended: Sequence[EndedLoginSession] = ()


def ask_again(
    session: Session,
    sign_up: FreshCode,
    email_change: FreshCode,
    caller: Caller,
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
    is_mailed = count_request(
        session, Purpose.SIGN_UP, sign_up.email, caller, security=security, now=now
    )
    account = account_with_email_for_update(session, sign_up.email)
    if not is_mailed:
        return
    unproved = account if account is not None and not account.is_verified else None
    record_request(session, sign_up, account=unproved, security=security, now=now)
    waiting = [
        code
        for code in codes_for_update(session, Purpose.EMAIL_CHANGE, sign_up.email)
        if code.used_at is None and code.account_id is not None and _is_wanted(session, code)
    ]
    if waiting and unproved is None:
        _mail_change_again(session, email_change, waiting[0], security=security, now=now)


def _is_wanted(session: Session, code: Code) -> bool:
    """Tell whether the change of address a code belongs to is still pending."""
    change = pending_email_change(session, code.asked_by)
    return change is not None and change.new_email == code.email


def give_code(
    session: Session,
    command: GiveCode,
    claim: Claim,
    caller: Caller,
    *,
    security: Security,
    now: datetime,
) -> ProvedAddress | None:
    """Compare a code: those of sign-ups first, then those of changes of addresses. None when none
    was right; the counted tries must be committed all the same.

    It proves the mailbox. Where the account and the claim leave a doubt whose password the
    account has, none stands, every login session ends, and a link to set one is mailed. Adds
    auth.account.changed.v1 and perhaps auth.account.notice.v1 to the outbox.

    Raises:
        TooManyRequests: too many wrong codes for this address lately.
    """
    alone_with(session, command.email)
    counts = _guesses(session, command.email, caller, security=security, now=now)
    check_limits(session, counts, security=security, now=now)
    proved = _by_sign_up(session, command, claim, security=security, now=now)
    if proved is None:
        proved = _by_email_change(session, command, security=security, now=now)
    if proved is None:
        note_attempt(session, counts, security=security, now=now)
        add_audit_entry(session, Act.CODE_REFUSED, account_id=None, now=now)
    return proved


def _guesses(
    session: Session, email: str, caller: Caller, *, security: Security, now: datetime
) -> Sequence[Count]:
    """Give what a wrong code for an address counts against: that of a change of address where one
    waits for it and no sign-up does.
    """
    account = account_with_email_for_update(session, email)
    is_wanted = any(
        each.used_at is None for each in codes_for_update(session, Purpose.EMAIL_CHANGE, email)
    )
    purpose = Purpose.EMAIL_CHANGE if is_wanted and account is None else Purpose.SIGN_UP
    is_known = is_known_device(session, account, caller, security=security, now=now)
    return codes(purpose, email, caller, is_known_device=is_known)


def give_link(
    session: Session,
    email: str,
    command: GiveLink,
    claim: Claim,
    *,
    security: Security,
    now: datetime,
) -> ProvedAddress | None:
    """Prove an address by the token of the link that was mailed there, as `give_code` does by a
    code; `email` is what `email_of_link` told. None when the link is no longer good.
    """
    alone_with(session, email)
    code = code_of_link(session, command.token, Purpose.SIGN_UP, Purpose.EMAIL_CHANGE, now=now)
    if code is None:
        return None
    if code.purpose == Purpose.SIGN_UP:
        return _prove_sign_up(session, code, claim, security=security, now=now)
    return _prove_change(session, code, security=security, now=now)


def _by_sign_up(
    session: Session, command: GiveCode, claim: Claim, *, security: Security, now: datetime
) -> ProvedAddress | None:
    code = code_for_update(session, Purpose.SIGN_UP, command.email)
    if code is None or not try_code(code, command.code, security=security, now=now):
        return None
    return _prove_sign_up(session, code, claim, security=security, now=now)


def _prove_sign_up(
    session: Session, code: Code, claim: Claim, *, security: Security, now: datetime
) -> ProvedAddress | None:
    account = account_for_update(session, code.account_id or 0)
    if account is None or account.email != code.email or account.is_verified:
        return None
    stands = not code.is_of_a_competing_sign_up and may_keep_password(session, account, claim)
    code.use_up(now)
    account.email_verified_at = now
    ended: Sequence[EndedLoginSession] = ()
    if stands:
        take_names_of_newest(session, account)
        forget_registrations(session, account.id)
    else:
        ended = leave_only_mailbox(session, account, now=now)
        mail_way_in(session, account, security=security, now=now)
    announce_change(session, account)
    add_audit_entry(session, Act.ACCOUNT_VERIFIED, account_id=account.id, now=now)
    return ProvedAddress(
        email=account.email,
        purpose=Purpose.SIGN_UP,
        is_password_needed=not stands,
        ended=ended,
    )


def _by_email_change(
    session: Session, command: GiveCode, *, security: Security, now: datetime
) -> ProvedAddress | None:
    right = [
        code
        for code in codes_for_update(session, Purpose.EMAIL_CHANGE, command.email)
        if try_code(code, command.code, security=security, now=now)
    ]
    for code in right:
        proved = _prove_change(session, code, security=security, now=now)
        if proved is not None:
            return proved
    return None


def _prove_change(
    session: Session, code: Code, *, security: Security, now: datetime
) -> ProvedAddress | None:
    try:
        is_changed = confirm_email_change(session, code, security=security, now=now)
    except EmailTaken:
        return None
    return ProvedAddress(email=code.email, purpose=Purpose.EMAIL_CHANGE) if is_changed else None


def _mail_change_again(
    session: Session, fresh: FreshCode, code: Code, *, security: Security, now: datetime
) -> None:
    account = account_for_update(session, code.account_id or 0)
    record_request(
        session, fresh, account=account, security=security, now=now, asked_by=code.asked_by
    )
