"""Writing the append-only record of security and staff acts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from shared.audit_entries import add_audit_entry as shared_add_audit_entry


class Act(StrEnum):
    """What can be done to an account that is worth remembering."""

    ACCOUNT_OPENED = "account_opened"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_INVITED = "account_invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    ACCOUNT_READ = "account_read"
    ACCOUNTS_LISTED = "accounts_listed"
    ACCOUNT_VERIFIED = "account_verified"
    ACCOUNT_ADOPTED = "account_adopted"
    ACCOUNT_CONTESTED = "account_contested"
    PASSWORD_WITHDRAWN = "password_withdrawn"  # noqa: S105 - an act, not a secret
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_UNLOCKED = "account_unlocked"
    ROLE_CHANGED = "role_changed"
    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    LOGIN_SESSION_ENDED = "login_session_ended"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - an act, not a secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an act, not a secret
    PASSWORD_CHANGE_REFUSED = "password_change_refused"  # noqa: S105 - an act, not a secret
    PASSWORD_RESET_REQUESTED = "password_reset_requested"  # noqa: S105 - an act, not a secret
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an act, not a secret
    SECOND_FACTOR_SET_UP = "second_factor_set_up"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    CODE_REFUSED = "code_refused"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    EMAIL_CHANGE_UNDONE = "email_change_undone"
    EMAIL_CHANGE_REFUSED = "email_change_refused"
    EMAIL_CHANGE_WITHDRAWN = "email_change_withdrawn"
    EMAIL_CORRECTION_PROPOSED = "email_correction_proposed"
    EMAIL_CORRECTION_AGREED = "email_correction_agreed"
    EMAIL_CORRECTIONS_LISTED = "email_corrections_listed"
    ADDRESS_RELEASED = "address_released"


def add_audit_entry(
    session: Session,
    act: Act,
    *,
    account_id: int | None,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """Record an act; it stands or falls with the transaction."""
    shared_add_audit_entry(session, act, account_id=account_id, actor_id=actor_id, now=now)
