"""Mailed codes: six digits, ten minutes, five tries counted before comparing, once; the newest
replaces the older. Beside each goes a link whose token proves the same for a day.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.orm import Session

from auth_service.domain.known_devices import is_known_device
from auth_service.domain.limits import (
    Caller,
    check_limits,
    has_room,
    mails,
    mails_to_mailbox,
    note_attempt,
)
from auth_service.domain.security import Security, token_hash
from auth_service.errors import LinkNotAccepted
from auth_service.events.codes import code_issued
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.codes import ANYBODY, Code
from auth_service.queries.accounts import account_with_email
from auth_service.queries.codes import code_for_update, code_with_link_hash
from shared.events.outbox import add_to_outbox

LIFETIME = timedelta(minutes=10)
LINK_LIFETIME = timedelta(hours=24)
MOST_TRIES = 5
KEPT = timedelta(days=7)


class Purpose(StrEnum):
    """What a code proves."""

    SIGN_UP = "sign_up"
    EMAIL_CHANGE = "email_change"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose, not a secret


@dataclass(frozen=True, kw_only=True)
class FreshCode:
    """A code and a link's token, made before the transaction: hashes to keep, sealed to mail."""

    purpose: Purpose
    email: str
    hash: str = field(repr=False)
    sealed: str = field(repr=False)
    link_hash: str = field(repr=False)
    sealed_link: str = field(repr=False)


def fresh_code(security: Security, purpose: Purpose, email: str) -> FreshCode:
    """Draw a code and a link's token for an address."""
    digits = f"{secrets.randbelow(10**6):06d}"
    token = secrets.token_urlsafe(32)
    return FreshCode(
        purpose=purpose,
        email=email,
        hash=_hash_of(security, purpose, email, digits),
        sealed=security.sealed(purpose.value, email, digits),
        link_hash=token_hash(token),
        sealed_link=security.sealed(f"{purpose.value}_link", email, token),
    )


def count_request(
    session: Session,
    purpose: Purpose,
    email: str,
    caller: Caller,
    *,
    security: Security,
    now: datetime,
) -> bool:
    """Count a request for a code, whether or not anybody has the address, and tell whether one is
    to be mailed: not beyond what a mailbox gets from everywhere, unless a known device asks. The
    address must be held by `alone_with`.

    Raises:
        TooManyRequests: with the seconds until the next one from this network.
    """
    asked = mails(purpose.value, email, caller)
    check_limits(session, asked, security=security, now=now)
    note_attempt(session, asked, security=security, now=now)
    to_mailbox = mails_to_mailbox(purpose.value, email)
    account = account_with_email(session, email)
    is_known = is_known_device(session, account, caller, security=security, now=now)
    if not is_known and not has_room(session, to_mailbox, security=security, now=now):
        return False
    note_attempt(session, to_mailbox, security=security, now=now)
    return True


def record_request(
    session: Session,
    fresh: FreshCode,
    *,
    account: Account | None,
    security: Security,
    now: datetime,
    asked_by: int = ANYBODY,
) -> None:
    """Record that somebody asked for a code, and mail it when there is an account.

    The request must be counted by `count_request`, the address be held by `alone_with`. Adds
    auth.code.issued.v1 to the outbox.
    """
    code = code_for_update(session, fresh.purpose.value, fresh.email, asked_by=asked_by)
    if code is None:
        code = _empty(fresh.purpose, fresh.email, asked_by, now)
        session.add(code)
    if code.used_at is not None or code.account_id != (account.id if account else None):
        code.use_up(now)
    code.account_id = account.id if account else None
    code.asked_at = now
    code.used_at = None
    if account is not None:
        code.renew(fresh.hash, expires_at=now + LIFETIME)
        code.renew_link(fresh.link_hash, expires_at=now + LINK_LIFETIME)
        _announce(session, fresh, account, code, security)


def try_code(code: Code, given: str, *, security: Security, now: datetime) -> bool:
    """Count a try, then compare; a right comparison is a try too. The row must be locked, and the
    count committed whatever comes out.
    """
    has_try_left = code.tries < MOST_TRIES
    if has_try_left:
        code.tries += 1
    expected = code.code_hash or ""
    is_same = hmac.compare_digest(
        expected, _hash_of(security, Purpose(code.purpose), code.email, given)
    )
    return is_same and has_try_left and code.used_at is None and now < code.expires_at


def email_of_link(session: Session, token: str) -> str:
    """Tell to which address a link's token was mailed.

    Raises:
        LinkNotAccepted: unknown, used or replaced.
    """
    code = code_with_link_hash(session, token_hash(token))
    if code is None:
        raise LinkNotAccepted
    return code.email


def code_of_link(session: Session, token: str, *purposes: Purpose, now: datetime) -> Code | None:
    """Give the code, locked, beside which a link with the token was mailed, if the link is still
    good for one of the purposes. Nobody guesses such a token, so no try is counted. The address
    must be held by `alone_with` (see `email_of_link`).
    """
    code = code_with_link_hash(session, token_hash(token), for_update=True)
    if code is None or Purpose(code.purpose) not in purposes or code.used_at is not None:
        return None
    is_good = code.link_expires_at is not None and now < code.link_expires_at
    return code if is_good else None


def mail_link_to_set_password(
    session: Session, account: Account, *, security: Security, now: datetime
) -> None:
    """Mail a link to set a password to the proved address of an account without one. It replaces
    a reset code mailed before. Adds auth.account.notice.v1 to the outbox.
    """
    token = secrets.token_urlsafe(32)
    code = code_for_update(session, Purpose.PASSWORD_RESET, account.email)
    if code is None:
        code = _empty(Purpose.PASSWORD_RESET, account.email, ANYBODY, now)
        session.add(code)
    code.use_up(now)
    code.account_id, code.asked_at, code.used_at = account.id, now, None
    code.renew_link(token_hash(token), expires_at=now + LINK_LIFETIME)
    add_to_outbox(
        session,
        notice(
            NoticeKind.PASSWORD_NEEDED,
            email=account.email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(account.email),
            sealed=security.sealed(NoticeKind.PASSWORD_NEEDED.value, account.email, token),
            expires_at=now + LINK_LIFETIME,
        ),
    )


def void_code(session: Session, purpose: Purpose, email: str, *, now: datetime) -> None:
    """Make what was mailed for a purpose worth nothing: what it was asked for is over."""
    code = code_for_update(session, purpose, email)
    if code is not None:
        code.use_up(now)


def was_asked_for(code: Code | None, now: datetime) -> bool:
    """Tell whether somebody asked for the code in the last ten minutes and nobody has used it."""
    return code is not None and code.used_at is None and now < code.asked_at + LIFETIME


def prune_codes(session: Session, now: datetime) -> None:
    """Delete what nobody asked for in a long time; not what tells of a competing sign-up."""
    session.execute(
        delete(Code).where(Code.asked_at < now - KEPT, Code.bound_password_hash.is_(None))
    )


def _empty(purpose: Purpose, email: str, asked_by: int, now: datetime) -> Code:
    return Code(
        purpose=purpose.value,
        email=email,
        asked_by=asked_by,
        account_id=None,
        code_hash=None,
        tries=0,
        asked_at=now,
        expires_at=now + LIFETIME,
        used_at=None,
    )


def _announce(
    session: Session, fresh: FreshCode, account: Account, code: Code, security: Security
) -> None:
    add_to_outbox(
        session,
        code_issued(
            purpose=fresh.purpose.value,
            email=fresh.email,
            account_id=account.id,
            sealed_code=fresh.sealed,
            sealed_token=fresh.sealed_link,
            expires_at=code.expires_at,
            locale=account.locale,
            recipient_key=security.recipient_key(fresh.email),
        ),
    )


def _hash_of(security: Security, purpose: Purpose, email: str, digits: str) -> str:
    return security.keyed_hash(f"code {purpose.value} {email}", digits)
