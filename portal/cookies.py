"""The one cookie: everything the portal remembers of a visitor, encrypted and authenticated.

Its name begins with `__Host-`: browsers take it only for this host, the whole site and over a
secure connection, which this machine's own address counts as. It ends with the browser.
"""

import base64
from collections.abc import Sequence
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from portal.state import State
from shared import strict_json
from shared.clock import Clock

COOKIE = "__Host-hearth"
KEPT = timedelta(days=90)


class CookieJar:
    """Encrypts with the first key and reads with all."""

    def __init__(self, keys: Sequence[bytes], clock: Clock) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
        self._clock = clock

    def sealed(self, state: State) -> str:
        """Give the cookie's value."""
        plain = strict_json.dumps(state.as_json())
        return self._fernet.encrypt_at_time(plain, self._seconds()).decode()

    def opened(self, value: str) -> State:
        """Read a cookie's value; one that is forged, too old or unreadable is an empty state."""
        try:
            plain = self._fernet.decrypt_at_time(
                value.encode(), int(KEPT.total_seconds()), self._seconds()
            )
            found = State.of_json(strict_json.loads(plain))
        except (InvalidToken, strict_json.UnreadableJson, TypeError, ValueError):
            return State()
        found.forget_what_is_over(self._clock.now())
        return found

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())
