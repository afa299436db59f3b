"""Keeping the store of ended login sessions filled from auth_service's own list.

The store itself, and the promise that an empty one never opens a door, stand in
`shared/http/ended_sessions.py`. Here is who fills it: at start, and again whenever its marker is
gone. Until the first list has come the gateway is not ready.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import orjson
import structlog

from gateway.upstreams import Upstream, UpstreamCall, UpstreamUnavailable
from shared.errors import Unavailable
from shared.http.ended_sessions import EndedSessions
from shared.logs import described_error

LIST_PATH = "/internal/v1/ended-login-sessions"
RETRY_SECONDS = 0.5
CHECK_SECONDS = 1.0

FetchEnded = Callable[[], list[tuple[str, int]]]


class ListUnreadable(Exception):
    """auth_service did not give its list, or gave something else."""


def ended_sessions_of(auth: Upstream, internal_key: str) -> FetchEnded:
    """Build the question for auth_service's list: login session and when its last token expires, in
    seconds since the epoch.
    """

    def fetch() -> list[tuple[str, int]]:
        call = UpstreamCall(
            method="GET", target=LIST_PATH, headers=(("X-Internal-Key", internal_key),)
        )
        try:
            answer = auth.call(call)
        except UpstreamUnavailable as error:
            raise ListUnreadable from error
        if answer.status != 200:
            raise ListUnreadable
        try:
            return [_item(each) for each in orjson.loads(answer.body)["items"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ListUnreadable from error

    return fetch


def _item(entry: dict[str, object]) -> tuple[str, int]:
    """Read one entry; `expires_at` is an instant's text or seconds since the epoch."""
    expires_at = entry["expires_at"]
    if isinstance(expires_at, str):
        return str(entry["sid"]), int(datetime.fromisoformat(expires_at).timestamp()) + 1
    if isinstance(expires_at, int):
        return str(entry["sid"]), expires_at
    raise ListUnreadable


class EndedSessionsKeeper:
    """Fills the store in the background and refills it when its marker is gone."""

    def __init__(self, store: EndedSessions, fetch: FetchEnded) -> None:
        self._store = store
        self._fetch = fetch
        self._has_loaded = threading.Event()
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def has_loaded(self) -> bool:
        """Tell whether this process has loaded auth's list, and the store still stands."""
        return self._has_loaded.is_set() and self._store.is_loaded()

    def start(self) -> None:
        """Begin in the background; called once in the process that serves."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ended-sessions", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the background work."""
        self._is_stopping.set()

    def load_once(self) -> bool:
        """Put auth's list into the store; False when auth or the store does not answer."""
        try:
            self._store.load(self._fetch())
        except (ListUnreadable, Unavailable) as error:
            structlog.get_logger().warning("ended_sessions_not_loaded", **described_error(error))
            return False
        self._has_loaded.set()
        return True

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            is_good = self.has_loaded or self.load_once()
            self._is_stopping.wait(CHECK_SECONDS if is_good else RETRY_SECONDS)
