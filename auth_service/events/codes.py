"""The fact that a code is to be mailed; the code itself travels sealed."""

from datetime import datetime

from shared.clock import instant_text
from shared.events.envelope import Event


def code_issued(
    *,
    purpose: str,
    email: str,
    account_id: int,
    sealed_code: str,
    sealed_token: str | None = None,
    expires_at: datetime,
    locale: str,
    recipient_key: str,
) -> Event:
    """Announce a code for an address; `sealed_token` holds the token of the mail's link, sealed for
    the purpose with `_link` behind it.
    """
    data: dict[str, object] = {
        "account_id": account_id,
        "email": email,
        "purpose": purpose,
        "sealed_code": sealed_code,
        "expires_at": instant_text(expires_at),
        "locale": locale,
    }
    if sealed_token is not None:
        data["sealed_token"] = sealed_token
    return Event(type="auth.code.issued.v1", subject=f"code/{recipient_key}", data=data)
