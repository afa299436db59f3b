"""What lets somebody into an account beside its mailbox, and closing it.

Whoever opened an account, or had it for a while, may have left more behind than a password: a
second factor that would keep the owner out, devices that are recognised, changes and links that
wait.
"""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import Purpose, mail_link_to_set_password, void_code
from auth_service.domain.known_devices import forget_devices
from auth_service.domain.login_sessions import EndedLoginSession, end_login_sessions
from auth_service.domain.password_hashing import UNUSABLE
from auth_service.domain.registrations import forget_registrations
from auth_service.domain.second_factors import remove_second_factor
from auth_service.domain.security import Security
from auth_service.models.accounts import Account
from auth_service.models.email_changes import EmailChange
from auth_service.models.email_corrections import EmailCorrection
from auth_service.models.invitations import Invitation


def leave_only_mailbox(
    session: Session, account: Account, *, now: datetime
) -> list[EndedLoginSession]:
    """Leave nobody a way in but the mailbox: no password, no second factor, confirmed or begun, no
    recovery codes, no known device, nothing that waits, no login session. Gives what ended.

    Whoever shows the mailbox right now sets a password after this. The account must be locked.
    """
    account.set_password(UNUSABLE, is_weak=False, now=now)
    remove_second_factor(session, account.id, actor_id=None, now=now)
    return close_beside_second_factor(session, account, now=now)


def close_beside_second_factor(
    session: Session, account: Account, *, now: datetime
) -> list[EndedLoginSession]:
    """Forget devices, sign-ups and what waits, and end every login session; a second factor stays.
    Gives what ended. The account must be locked.
    """
    forget_devices(session, account.id)
    forget_registrations(session, account.id)
    void_code(session, Purpose.SIGN_UP, account.email, now=now)
    cancel_pending_change(session, account.id, now=now)
    cancel_corrections(session, account.id, now=now)
    close_invitations(session, account.id, now=now)
    return end_login_sessions(session, account.id, now=now)


def mail_way_in(session: Session, account: Account, *, security: Security, now: datetime) -> None:
    """Mail the owner of an account whose password was withdrawn a link to set one. Adds
    auth.account.notice.v1 to the outbox.
    """
    mail_link_to_set_password(session, account, security=security, now=now)
    add_audit_entry(session, Act.PASSWORD_WITHDRAWN, account_id=account.id, now=now)


def cancel_pending_change(session: Session, account_id: int, *, now: datetime) -> None:
    """Close an account's pending change of address, so that its code and link prove nothing any
    more.
    """
    session.execute(
        update(EmailChange)
        .where(
            EmailChange.account_id == account_id,
            EmailChange.confirmed_at.is_(None),
            EmailChange.closed_at.is_(None),
        )
        .values(closed_at=now)
    )


def cancel_corrections(session: Session, account_id: int, *, now: datetime) -> None:
    """Close what staff proposed as an account's address: nobody can agree to it any more."""
    session.execute(
        update(EmailCorrection)
        .where(EmailCorrection.account_id == account_id, EmailCorrection.closed_at.is_(None))
        .values(closed_at=now)
    )


def close_invitations(session: Session, account_id: int, *, now: datetime) -> None:
    """Make every invitation mailed for an account worth nothing."""
    session.execute(
        update(Invitation)
        .where(
            Invitation.account_id == account_id,
            Invitation.accepted_at.is_(None),
            Invitation.closed_at.is_(None),
        )
        .values(closed_at=now)
    )
