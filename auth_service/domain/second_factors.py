"""The second factor: a code that an app shows (TOTP, RFC 6238), or one of ten recovery codes.

Setting up is in two steps, so that nobody is locked out by an app that shows something else. A code
is taken once: not again within its window either. Wrong ones are counted, and committed whatever
comes of the request.
"""

import base64
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.known_devices import forget_devices, is_known_device, remember_device
from auth_service.domain.limits import Caller, check_limits, note_attempt, second_factors
from auth_service.domain.login_sessions import EndedLoginSession, end_login_sessions
from auth_service.domain.notices import tell_owner
from auth_service.domain.security import Security, token_hash
from auth_service.errors import (
    NoSecondFactor,
    SecondFactorNotAccepted,
    SecondFactorRequired,
    SecondFactorStands,
)
from auth_service.events.notices import NoticeKind
from auth_service.models.accounts import Account
from auth_service.models.second_factors import RecoveryCode, SecondFactor
from auth_service.queries.accounts import account_by_id
from auth_service.queries.second_factors import (
    count_recovery_codes,
    has_second_factor,
    recovery_code_for_update,
    second_factor_for_update,
)
from shared.access_tokens import STAFF, Identity
from shared.errors import ServiceError, TooManyRequests
from shared.mailbox_addresses import shown_address

NAME_OF_OURS = "Hearth"
STEP_SECONDS = 30
STEPS_BESIDE = 1  # a clock may be half a minute off
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
_CONTEXT = "second_factors.secret"


@dataclass(frozen=True, kw_only=True)
class BegunSecondFactor:
    """What an app needs to show codes: the secret, also as a URI for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ConfirmedSecondFactor:
    """The recovery codes, which are shown this once, and the login sessions that ended."""

    recovery_codes: Sequence[str] = field(repr=False)
    ended: Sequence[EndedLoginSession]


@dataclass(frozen=True, kw_only=True)
class SecondFactorState:
    """Whether a second factor stands, whether the person needs one, and how many recovery codes
    are left.
    """

    is_set_up: bool
    is_required: bool
    recovery_codes_left: int


def is_required_of(role: str, security: Security) -> bool:
    """Tell whether the setting asks people of a role for a second factor."""
    return security.staff_need_second_factor and role in STAFF


def needs_second_factor(session: Session, account: Account, security: Security) -> bool:
    """Tell whether an account logs in by the clean API only: it has a second factor, or has to set
    one up.
    """
    return has_second_factor(session, account.id) or is_required_of(account.role, security)


def second_factor_state(
    session: Session, identity: Identity, *, security: Security
) -> SecondFactorState:
    """Tell how it stands with the caller's own second factor."""
    return SecondFactorState(
        is_set_up=has_second_factor(session, identity.account_id),
        is_required=is_required_of(identity.role, security),
        recovery_codes_left=count_recovery_codes(session, identity.account_id),
    )


def begin_second_factor(
    session: Session, account_id: int, *, security: Security, now: datetime
) -> BegunSecondFactor:
    """Draw a secret, which counts once a code of it has been shown; an earlier one that was only
    begun is forgotten.

    Raises:
        AccountNotFound: the account is gone.
        SecondFactorStands: there is one already.
    """
    account = account_by_id(session, account_id)
    found = second_factor_for_update(session, account_id)
    if found is not None and found.confirmed_at is not None:
        raise SecondFactorStands
    secret = pyotp.random_base32()
    if found is None:
        found = SecondFactor(
            account_id=account_id, last_step=0, failures=0, failures_since=now, confirmed_at=None
        )
        session.add(found)
    found.secret = security.encrypted(_context_of(account_id), secret)
    found.begun_at = now
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=shown_address(account.email), issuer_name=NAME_OF_OURS
    )
    return BegunSecondFactor(secret=secret, uri=uri)


def confirm_second_factor(
    session: Session,
    identity: Identity,
    code: str,
    caller: Caller,
    *,
    security: Security,
    now: datetime,
) -> ConfirmedSecondFactor | ServiceError:
    """Let the second factor stand, give recovery codes and end every other login session, which
    began without it; other devices are recognised no longer. The owner is told by
    auth.account.notice.v1. Gives the refusal of a wrong code, to be raised once the count is
    committed.

    Raises:
        NoSecondFactor: nothing was begun.
        SecondFactorStands: there is one already.
        TooManyRequests: too many wrong codes lately.
    """
    found = second_factor_for_update(session, identity.account_id)
    if found is None:
        raise NoSecondFactor
    if found.confirmed_at is not None:
        raise SecondFactorStands
    account = account_by_id(session, identity.account_id)
    known = is_known_device(session, account, caller, security=security, now=now)
    counts = second_factors(account.id, caller, is_known_device=known)
    check_limits(session, counts, security=security, now=now)
    if not _takes_code(found, _folded(code), security=security, now=now):
        note_attempt(session, counts, security=security, now=now)
        return SecondFactorNotAccepted()
    found.confirmed_at = now
    forget_devices(session, account.id)
    remember_device(session, account, caller, security=security, now=now)
    codes = _fresh_recovery_codes(session, identity.account_id)
    own = identity.account_id
    _record(session, Act.SECOND_FACTOR_SET_UP, own, now, actor_id=own)
    tell_owner(session, account, NoticeKind.SECOND_FACTOR_SET_UP, security)
    ended = end_login_sessions(session, identity.account_id, now=now, but=identity.login_session_id)
    return ConfirmedSecondFactor(recovery_codes=codes, ended=ended)


def judge_second_factor(
    session: Session,
    account: Account,
    given: str | None,
    caller: Caller,
    *,
    security: Security,
    now: datetime,
) -> ServiceError | None:
    """Give the refusal of a login whose password was right, also after too many wrong codes, to be
    raised once the counts are committed; None when the second factor was right, whose device is
    known from now on, or when the account has none. The account must be locked.
    """
    found = second_factor_for_update(session, account.id)
    if found is None or found.confirmed_at is None:
        return None
    if given is None:
        return SecondFactorRequired()
    known = is_known_device(session, account, caller, security=security, now=now)
    counts = second_factors(account.id, caller, is_known_device=known)
    try:
        check_limits(session, counts, security=security, now=now)
    except TooManyRequests as refusal:
        return refusal
    if _takes(session, account, found, given, security=security, now=now):
        remember_device(session, account, caller, security=security, now=now)
        return None
    note_attempt(session, counts, security=security, now=now)
    _record(session, Act.SECOND_FACTOR_REFUSED, account.id, now, actor_id=None)
    return SecondFactorNotAccepted()


def take_second_factor_away(
    session: Session, account_id: int, *, actor_id: int | None, security: Security, now: datetime
) -> None:
    """Remove the second factor as somebody asked, and tell the owner by auth.account.notice.v1 if
    one stood. `actor_id` is None for a command on the server.
    """
    stood = has_second_factor(session, account_id)
    remove_second_factor(session, account_id, actor_id=actor_id, now=now)
    if stood:
        account = account_by_id(session, account_id)
        tell_owner(session, account, NoticeKind.SECOND_FACTOR_REMOVED, security)


def remove_second_factor(
    session: Session, account_id: int, *, actor_id: int | None, now: datetime
) -> None:
    """Take the second factor and its recovery codes away; taking it away twice changes nothing.
    `actor_id` is None for a command on the server.
    """
    found = second_factor_for_update(session, account_id)
    if found is None:
        return
    session.delete(found)
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    _record(session, Act.SECOND_FACTOR_REMOVED, account_id, now, actor_id=actor_id)


def remove_second_factor_since(
    session: Session, account_id: int, since: datetime, *, now: datetime
) -> None:
    """Take away a second factor that was confirmed or begun since a moment, with its recovery
    codes; an older one stays.
    """
    found = second_factor_for_update(session, account_id)
    if found is not None and (found.confirmed_at or found.begun_at) >= since:
        remove_second_factor(session, account_id, actor_id=None, now=now)


def _takes(
    session: Session,
    account: Account,
    found: SecondFactor,
    given: str,
    *,
    security: Security,
    now: datetime,
) -> bool:
    letters = _folded(given)
    if _takes_code(found, letters, security=security, now=now):
        return True
    if not _takes_recovery_code(session, found, letters, now):
        return False
    tell_owner(session, account, NoticeKind.RECOVERY_CODE_USED, security)
    return True


def _folded(given: str) -> str:
    """Give a code as it is compared: digits of any script as ASCII, nothing between them."""
    known = (str(unicodedata.decimal(each, each)) for each in given if each.isalnum())
    return "".join(known).upper()


def _takes_code(found: SecondFactor, digits: str, *, security: Security, now: datetime) -> bool:
    secret = security.decrypted(_context_of(found.account_id), found.secret)
    if secret is None:  # the key was replaced: a recovery code, or the command on the server
        return False
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in range(present - STEPS_BESIDE, present + STEPS_BESIDE + 1):
        is_same = hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
        if is_same and step > found.last_step:
            found.last_step = step
            return True
    return False


def _takes_recovery_code(
    session: Session, found: SecondFactor, letters: str, now: datetime
) -> bool:
    code = recovery_code_for_update(session, found.account_id, token_hash(letters))
    if code is None:
        return False
    code.used_at = now
    _record(session, Act.RECOVERY_CODE_USED, found.account_id, now, actor_id=found.account_id)
    return True


def _fresh_recovery_codes(session: Session, account_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    drawn = [
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
        for _ in range(RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(account_id=account_id, code_hash=token_hash(each), used_at=None)
        for each in drawn
    )
    return ["-".join(each[at : at + 4] for at in range(0, len(each), 4)) for each in drawn]


def _context_of(account_id: int) -> str:
    return f"{_CONTEXT}:{account_id}"


def _record(
    session: Session, act: Act, account_id: int, now: datetime, *, actor_id: int | None
) -> None:
    add_audit_entry(session, act, account_id=account_id, actor_id=actor_id, now=now)
