"""Staff correct an address only if the old mailbox agrees, or a second staff member does; the new
mailbox proves itself after that like with any change of address.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import FreshCode
from auth_service.domain.email_changes import request_email_change
from auth_service.domain.limits import Caller
from auth_service.domain.security import Security, token_hash
from auth_service.domain.ways_in import cancel_corrections
from auth_service.errors import (
    AccountNotFound,
    EmailCorrectionNotFound,
    EmailTaken,
    LinkNotAccepted,
)
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.email_corrections import EmailCorrection
from auth_service.queries.accounts import account_by_id, account_for_update, account_with_email
from auth_service.queries.audit_entries import actors_behind
from auth_service.queries.email_corrections import (
    email_correction_with_id,
    email_correction_with_token_hash,
)
from shared.access_tokens import STAFF, Identity
from shared.errors import NotAllowed
from shared.events.outbox import add_to_outbox

LIFETIME = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class EmailCorrectionView:
    """A correction as staff see it."""

    id: int
    account_id: int
    email: str
    asked_by: int
    asked_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, correction: EmailCorrection) -> "EmailCorrectionView":
        """Copy what may be shown; never the token's hash."""
        return cls(
            id=correction.id,
            account_id=correction.account_id,
            email=correction.new_email,
            asked_by=correction.asked_by,
            asked_at=correction.asked_at,
            expires_at=correction.expires_at,
        )


def propose_correction(
    session: Session,
    account: Account,
    email: str,
    *,
    asked_by: int,
    security: Security,
    now: datetime,
) -> EmailCorrection:
    """Propose another address for somebody's account and ask its present mailbox. Replaces what
    was proposed before. The account must be locked. Adds auth.account.notice.v1 to the outbox.

    Raises:
        EmailTaken: an account has the address, this one included.
    """
    if account_with_email(session, email) is not None:
        raise EmailTaken
    cancel_corrections(session, account.id, now=now)
    token = secrets.token_urlsafe(32)
    correction = EmailCorrection(
        account_id=account.id,
        old_email=account.email,
        new_email=email,
        asked_by=asked_by,
        token_hash=token_hash(token),
        asked_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(correction)
    session.flush()
    _ask_old_mailbox(session, account, correction, token, security)
    add_audit_entry(
        session, Act.EMAIL_CORRECTION_PROPOSED, account_id=account.id, actor_id=asked_by, now=now
    )
    return correction


def corrected_address_of_token(session: Session, token: str, *, now: datetime) -> str:
    """Tell to which address a mailed token agrees.

    Raises:
        LinkNotAccepted: unknown, used, replaced, or too old.
    """
    correction = email_correction_with_token_hash(session, token_hash(token))
    if correction is None or not correction.is_open(now):
        raise LinkNotAccepted
    return correction.new_email


def corrected_address(session: Session, correction_id: int, *, now: datetime) -> str:
    """Tell to which address a proposal would lead.

    Raises:
        EmailCorrectionNotFound: unknown, agreed to, replaced, or too old.
    """
    correction = email_correction_with_id(session, correction_id)
    if correction is None or not correction.is_open(now):
        raise EmailCorrectionNotFound
    return correction.new_email


def consent_to_correction(
    session: Session,
    token: str,
    fresh: FreshCode,
    *,
    caller: Caller,
    security: Security,
    now: datetime,
) -> None:
    """Agree as the old mailbox: the change becomes pending as by `request_email_change`, with its
    events and refusals. The new address must be held by `alone_with`.

    Raises:
        LinkNotAccepted: see `corrected_address_of_token`.
    """
    correction = email_correction_with_token_hash(session, token_hash(token))
    account = _account_of(session, correction, now)
    if correction is None or account is None:
        raise LinkNotAccepted
    _begin(
        session,
        account,
        correction,
        fresh,
        actor_id=None,
        caller=caller,
        security=security,
        now=now,
    )


def approve_correction(
    session: Session,
    correction_id: int,
    fresh: FreshCode,
    *,
    identity: Identity,
    caller: Caller,
    security: Security,
    now: datetime,
) -> None:
    """Agree as a second staff member: the change becomes pending as by `request_email_change`. The
    new address must be held by `alone_with`.

    Raises:
        EmailCorrectionNotFound: see `corrected_address`.
        NotAllowed: whoever proposed it, or whose account it is; a moderator over staff; the one
            who proposed it is no staff any more; or one of the two opened the other's account or
            gave it a role, themselves or through others, and may be the same person.
    """
    correction = email_correction_with_id(session, correction_id)
    account = _account_of(session, correction, now)
    if correction is None or account is None:
        raise EmailCorrectionNotFound
    is_above = identity.role == "admin" or account.role not in STAFF
    if identity.account_id in (correction.asked_by, account.id) or not is_above:
        raise NotAllowed
    if not _is_serving_staff(session, correction.asked_by):
        raise NotAllowed
    if _is_made_by_the_other(session, identity.account_id, correction.asked_by):
        raise NotAllowed
    _begin(
        session,
        account,
        correction,
        fresh,
        actor_id=identity.account_id,
        caller=caller,
        security=security,
        now=now,
    )


def _is_serving_staff(session: Session, account_id: int) -> bool:
    try:
        account = account_by_id(session, account_id)
    except AccountNotFound:
        return False
    return account.role in STAFF and not account.is_locked


def _is_made_by_the_other(session: Session, one: int, other: int) -> bool:
    making = (Act.ACCOUNT_OPENED.value, Act.ROLE_CHANGED.value)
    return one in actors_behind(session, other, making) or other in actors_behind(
        session, one, making
    )


def _account_of(
    session: Session, correction: EmailCorrection | None, now: datetime
) -> Account | None:
    """Give the account, locked, while the proposal is open and speaks of its present address."""
    if correction is None:
        return None
    account = account_for_update(session, correction.account_id)
    session.refresh(correction)
    if account is None or account.email != correction.old_email or not correction.is_open(now):
        return None
    return account


def _begin(
    session: Session,
    account: Account,
    correction: EmailCorrection,
    fresh: FreshCode,
    *,
    actor_id: int | None,
    caller: Caller,
    security: Security,
    now: datetime,
) -> None:
    if account_with_email(session, correction.new_email) is not None:
        raise EmailTaken
    request_email_change(
        session,
        account,
        fresh,
        actor_id=actor_id,
        login_session_id=None,
        caller=caller,
        security=security,
        now=now,
    )
    correction.closed_at = now
    add_audit_entry(
        session, Act.EMAIL_CORRECTION_AGREED, account_id=account.id, actor_id=actor_id, now=now
    )


def _ask_old_mailbox(
    session: Session,
    account: Account,
    correction: EmailCorrection,
    token: str,
    security: Security,
) -> None:
    kind = NoticeKind.EMAIL_CORRECTION_REQUESTED
    add_to_outbox(
        session,
        notice(
            kind,
            email=account.email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(account.email),
            sealed=security.sealed(kind.value, account.email, token),
            expires_at=correction.expires_at,
        ),
    )
