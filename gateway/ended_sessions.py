"""Keeping the store of ended login sessions filled from auth_service's own list.

The store itself, and the promise that an empty one never opens a door, stand in
`shared/http/ended_sessions.py`. Here is who fills it: at start, every few minutes, and again
whenever its marker is gone. Until the first list has come the gateway is not ready.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlencode

import orjson
import structlog

from gateway.upstreams import Upstream, UpstreamCall, UpstreamUnavailable
from shared.errors import Unavailable
from shared.http.ended_sessions import EndedSessions
from shared.logs import described_error

LIST_PATH = "/internal/v1/ended-login-sessions"
PAGE_ITEMS = 5_000
RETRY_SECONDS = 0.5
CHECK_SECONDS = 1.0
RELOAD_SECONDS = 300.0
RELOAD_RETRY_SECONDS = 15.0
QUIET_SECONDS = 20.0
COMPLAINT_SECONDS = 15.0

Page = list[tuple[str, int]]
FetchEnded = Callable[[], Iterator[Page]]


class ListUnreadable(Exception):
    """auth_service did not give its list, or gave something else."""


def ended_sessions_of(auth: Upstream, internal_key: str) -> FetchEnded:
    """Build the question for auth_service's list, page by page: login session and when its last
    token expires, in seconds since the epoch.

    An auth_service of an earlier release gives everything at once and names no next page.
    """

    def fetch() -> Iterator[Page]:
        after: str | None = ""
        while after is not None:
            page, following = _page_of(_answered(auth, internal_key, after))
            yield page
            if following is not None and following <= after:
                raise ListUnreadable
            after = following

    return fetch


def _answered(auth: Upstream, internal_key: str, after: str) -> bytes:
    query = {"limit": str(PAGE_ITEMS)} | ({"after": after} if after else {})
    call = UpstreamCall(
        method="GET",
        target=f"{LIST_PATH}?{urlencode(query)}",
        headers=(("X-Internal-Key", internal_key),),
    )
    try:
        answer = auth.call_from_thread(call)
    except UpstreamUnavailable as error:
        raise ListUnreadable from error
    if answer.status != 200:
        raise ListUnreadable
    return answer.body


def _page_of(body: bytes) -> tuple[Page, str | None]:
    try:
        told = orjson.loads(body)
        page = [_item(each) for each in told["items"]]
        following = told.get("next")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ListUnreadable from error
    if following is not None and not isinstance(following, str):
        raise ListUnreadable
    return page, following


def _item(entry: dict[str, object]) -> tuple[str, int]:
    """Read one entry; `expires_at` is an instant's text or seconds since the epoch."""
    expires_at = entry["expires_at"]
    if isinstance(expires_at, str):
        return str(entry["sid"]), int(datetime.fromisoformat(expires_at).timestamp()) + 1
    if isinstance(expires_at, int):
        return str(entry["sid"]), expires_at
    raise ListUnreadable


class EndedSessionsKeeper:
    """Fills the store in the background, refills it when its marker is gone, and now and then
    anyway: a store that came back without its last moments still has the marker.
    """

    def __init__(
        self,
        store: EndedSessions,
        fetch: FetchEnded,
        *,
        reload_seconds: float = RELOAD_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._store = store
        self._fetch = fetch
        self._reload_seconds = reload_seconds
        self._reload_at = 0.0
        self._is_starting_until = time.monotonic() + quiet_seconds
        self._complaint_at = 0.0
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
        """Put auth's list into the store; False when auth or the store does not answer. Only the
        whole list sets the marker.
        """
        try:
            for page in self._fetch():
                self._store.add(page)
            self._store.load([])
        except (ListUnreadable, Unavailable) as error:
            self._complain(error)
            return False
        self._has_loaded.set()
        return True

    def _complain(self, error: Exception) -> None:
        """Say why, now and then; while all services start together, auth not being there yet is
        no news.
        """
        now = time.monotonic()
        if now < self._is_starting_until and not self._has_loaded.is_set():
            structlog.get_logger().debug("ended_sessions_not_loaded", **described_error(error))
        elif now >= self._complaint_at:
            self._complaint_at = now + COMPLAINT_SECONDS
            structlog.get_logger().warning("ended_sessions_not_loaded", **described_error(error))

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            if not self.has_loaded or time.monotonic() >= self._reload_at:
                is_good = self.load_once()
                seconds = self._reload_seconds if is_good else RELOAD_RETRY_SECONDS
                self._reload_at = time.monotonic() + seconds
            self._is_stopping.wait(CHECK_SECONDS if self._has_loaded.is_set() else RETRY_SECONDS)
