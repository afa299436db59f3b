"""Inviting the owner of an account that staff opened: a mailed link, good for 72 hours and once,
sets the password and proves the address. Nobody else ever knows the password.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from auth_service.domain.accounts import announce_change
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.limits import alone_with, check_limits, invitations, note_attempt
from auth_service.domain.login_sessions import EndedLoginSession
from auth_service.domain.password_hashing import UNUSABLE
from auth_service.domain.passwords import NewPassword
from auth_service.domain.security import Security, token_hash
from auth_service.domain.ways_in import (
    close_beside_second_factor,
    close_invitations,
    leave_only_mailbox,
)
from auth_service.errors import InvitationNotAccepted, InvitationNotPossible
from auth_service.events.notices import NoticeKind, notice
from auth_service.models.accounts import Account
from auth_service.models.invitations import Invitation
from auth_service.queries.accounts import account_for_update
from auth_service.queries.invitations import invitation_with_token_hash
from shared.events.outbox import add_to_outbox

LIFETIME = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class AcceptInvitation:
    """The token from the mailed link and the password to set."""

    token: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class AcceptedInvitation:
    """The address that is proved now, and the login sessions that ended by it."""

    email: str
    ended: Sequence[EndedLoginSession]


def invite(
    session: Session, account: Account, *, actor_id: int, security: Security, now: datetime
) -> None:
    """Mail the owner of an account without a password a link to set one; an earlier link is worth
    nothing from now on.

    The address must be held by `alone_with`, the account be locked or new. Adds
    auth.account.notice.v1 to the outbox.

    Raises:
        InvitationNotPossible: the account has a password, or is locked against logins.
        TooManyRequests: too many invitations to this address lately.
    """
    if account.password_hash != UNUSABLE or account.is_locked:
        raise InvitationNotPossible
    counts = invitations(account.email)
    check_limits(session, counts, security=security, now=now)
    note_attempt(session, counts, security=security, now=now)
    close_invitations(session, account.id, now=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        account_id=account.id,
        email=account.email,
        token_hash=token_hash(token),
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(invitation)
    _mail(session, account, token, invitation, security)
    add_audit_entry(session, Act.ACCOUNT_INVITED, account_id=account.id, actor_id=actor_id, now=now)


def invited_address(session: Session, token: str, *, now: datetime) -> str:
    """Tell whose address a token proves.

    Raises:
        InvitationNotAccepted: see `accept_invitation`.
    """
    return _open_invitation(session, token, now).email


def accept_invitation(
    session: Session, token: str, new: NewPassword, *, now: datetime
) -> AcceptedInvitation:
    """Set the first password and prove the address; whatever was begun on the account before ends.
    A second factor stays where the address was proved already.

    Adds auth.account.changed.v1 to the outbox.

    Raises:
        InvitationNotAccepted: the token is unknown, used, replaced by a newer one or older than 72
            hours; or the account is locked or has another address by now.
    """
    alone_with(session, invited_address(session, token, now=now))
    account = account_for_update(session, _open_invitation(session, token, now).account_id)
    invitation = _open_invitation(session, token, now)  # as it is now that the account is locked
    if account is None or account.is_locked or account.email != invitation.email:
        raise InvitationNotAccepted
    invitation.accepted_at = now
    close = close_beside_second_factor if account.is_verified else leave_only_mailbox
    ended = close(session, account, now=now)
    account.set_password(new.hash, is_weak=new.is_weak, now=now)
    account.email_verified_at = now
    announce_change(session, account)
    add_audit_entry(
        session, Act.INVITATION_ACCEPTED, account_id=account.id, actor_id=account.id, now=now
    )
    return AcceptedInvitation(email=account.email, ended=ended)


def _open_invitation(session: Session, token: str, now: datetime) -> Invitation:
    invitation = invitation_with_token_hash(session, token_hash(token))
    if invitation is None or not invitation.is_open(now):
        raise InvitationNotAccepted
    return invitation


def _mail(
    session: Session, account: Account, token: str, invitation: Invitation, security: Security
) -> None:
    add_to_outbox(
        session,
        notice(
            NoticeKind.INVITATION,
            email=account.email,
            account_id=account.id,
            locale=account.locale,
            recipient_key=security.recipient_key(account.email),
            sealed=security.sealed(NoticeKind.INVITATION.value, account.email, token),
            expires_at=invitation.expires_at,
        ),
    )
