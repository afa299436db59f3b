"""What a password must be, and replacing one's own."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources

from sqlalchemy.orm import Session

from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.codes import Purpose, void_code
from auth_service.domain.login_sessions import EndedLoginSession, end_login_sessions
from auth_service.domain.notices import tell_owner
from auth_service.domain.security import Security
from auth_service.domain.ways_in import cancel_pending_change
from auth_service.errors import AccountNotFound, OldPasswordIncorrect, PasswordRejected
from auth_service.events.notices import NoticeKind
from auth_service.queries.accounts import account_for_update
from shared.mailbox_addresses import shown_address

FEWEST_CHARACTERS = 8
MOST_CHARACTERS = 128
ALWAYS_REFUSED = frozenset({"too_short", "too_long"})


@dataclass(frozen=True, kw_only=True)
class ChangePassword:
    """Replace the old password. `accept_weak` is what the older systems' clients were promised."""

    old_password: str = field(repr=False)
    new_password: str = field(repr=False)
    accept_weak: bool = False


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """A hashed password, and whether it is one of the weak ones that are only tolerated."""

    hash: str = field(repr=False)
    is_weak: bool


@cache
def common_passwords() -> frozenset[str]:
    """Give the 10,000 most common passwords, in lower case; read once, when first asked."""
    listed = resources.files("auth_service.domain").joinpath("common_passwords.txt")
    return frozenset(listed.read_text("utf-8").split())


def password_reasons(password: str, email: str) -> list[str]:
    """Tell everything that speaks against a password, in the policy's order."""
    lower = password.lower()
    breaks = {
        "too_short": len(password) < FEWEST_CHARACTERS,
        "too_long": len(password) > MOST_CHARACTERS,
        "too_common": lower in common_passwords(),
        "entirely_numeric": password.isdigit(),
        "similar_to_email": lower in {email, shown_address(email), email.rpartition("@")[0]},
    }
    return [reason for reason, is_broken in breaks.items() if is_broken]


def judge_password(password: str, email: str, *, accept_weak: bool = False) -> bool:
    """Refuse a password, or tell whether it is a weak one that is accepted.

    Raises:
        PasswordRejected: with every reason.
    """
    reasons = password_reasons(password, email)
    if accept_weak and not ALWAYS_REFUSED & set(reasons):
        return bool(reasons)
    if reasons:
        raise PasswordRejected(reasons)
    return False


def replace_password(
    session: Session,
    account_id: int,
    *,
    compared_hash: str,
    new: NewPassword,
    current_login_session_id: str,
    security: Security,
    now: datetime,
) -> list[EndedLoginSession]:
    """Set the new password and end every other login session; give those that ended. What else was
    pending dies with the old password: a change of address, reset codes and links.

    Locks the account, whose address must be held by `alone_with`. `compared_hash` is what the old
    password was compared with, outside of the transaction. Adds auth.account.notice.v1 to the
    outbox.

    Raises:
        AccountNotFound: the account is gone.
        OldPasswordIncorrect: somebody changed the password in between.
    """
    account = account_for_update(session, account_id)
    if account is None:
        raise AccountNotFound
    if account.password_hash != compared_hash:
        raise OldPasswordIncorrect
    account.set_password(new.hash, is_weak=new.is_weak, now=now)
    add_audit_entry(
        session, Act.PASSWORD_CHANGED, account_id=account_id, actor_id=account_id, now=now
    )
    tell_owner(session, account, NoticeKind.PASSWORD_CHANGED, security)
    cancel_pending_change(session, account_id, now=now)
    void_code(session, Purpose.PASSWORD_RESET, account.email, now=now)
    return end_login_sessions(session, account_id, now=now, but=current_login_session_id)
