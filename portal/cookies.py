"""The two cookies: everything the portal remembers of a visitor, encrypted and authenticated.

The login stands in one of its own: an answer that was begun before the tokens were exchanged would
otherwise put the old ones back. Their names begin with `__Host-`: browsers take them only for this
host, the whole site and over a secure connection, which this machine's own address counts as. They
end with the browser.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from portal.state import Login, State
from shared import strict_json
from shared.clock import Clock

COOKIE = "__Host-hearth"
LOGIN_COOKIE = "__Host-hearth-login"
KEPT = timedelta(days=90)
DIGEST_BYTES = 15


class CookieJar:
    """Encrypts with the first key and reads with all."""

    def __init__(self, keys: Sequence[bytes], clock: Clock) -> None:
        self._digest_key = hashlib.sha256(b"digests of mailed links" + keys[0]).digest()
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
        self._clock = clock

    def sealed(self, kept: dict[str, Any]) -> str:
        """Give a cookie's value."""
        plain = strict_json.dumps(kept)
        return self._fernet.encrypt_at_time(plain, self._seconds()).decode()

    def digest(self, *texts: str) -> str:
        """Give a short name of texts, from which nobody can tell or try them."""
        message = "\n".join(texts).encode()
        found = hmac.digest(self._digest_key, message, "sha256")[:DIGEST_BYTES]
        return base64.urlsafe_b64encode(found).decode().rstrip("=")

    def opened(self, value: str, login: str = "") -> State:
        """Read the values of both cookies; what is forged, too old or unreadable is not there."""
        try:
            found = State.of_json(self._kept(value))
        except (TypeError, ValueError):
            found = State()
        try:
            found.login = Login(**self._kept(login)) if login else None
        except (TypeError, ValueError):
            found.login = None
        found.forget_what_is_over(self._clock.now())
        return found

    def _kept(self, value: str) -> dict[str, Any]:
        if not value:
            return {}
        try:
            plain = self._fernet.decrypt_at_time(
                value.encode(), int(KEPT.total_seconds()), self._seconds()
            )
            kept: dict[str, Any] = strict_json.loads(plain)
        except (InvalidToken, strict_json.UnreadableJson) as error:
            raise ValueError from error
        return kept

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())
