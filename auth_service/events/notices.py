"""The fact that somebody must be told by mail that something happened to their account."""

from datetime import datetime
from enum import StrEnum

from shared.clock import instant_text
from shared.events.envelope import Event


class NoticeKind(StrEnum):
    """What happened."""

    ALREADY_REGISTERED = "already_registered"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    EMAIL_CORRECTION_REQUESTED = "email_correction_requested"
    INVITATION = "invitation"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of notice, not a secret
    PASSWORD_NEEDED = "password_needed"  # noqa: S105 - a kind of notice, not a secret
    RECOVERY_CODE_USED = "recovery_code_used"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    SECOND_FACTOR_SET_UP = "second_factor_set_up"


def notice(
    kind: NoticeKind,
    *,
    email: str,
    account_id: int,
    locale: str,
    recipient_key: str,
    sealed: str | None = None,
    expires_at: datetime | None = None,
) -> Event:
    """Announce what an address must be told; `sealed` holds the token of the mail's link,
    good until `expires_at`.
    """
    data: dict[str, object] = {
        "account_id": account_id,
        "email": email,
        "kind": kind.value,
        "locale": locale,
    }
    if sealed is not None and expires_at is not None:
        data |= {"sealed": sealed, "expires_at": instant_text(expires_at)}
    return Event(type="auth.account.notice.v1", subject=f"notice/{recipient_key}", data=data)
