"""Calling the gateway's `/api/v1` for a visitor, whose address and device go along.

A page has one budget of time for all its calls: the gateway, which passes the page on, waits no
longer.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from shared import strict_json
from shared.errors import Unavailable
from shared.logs import current_correlation_id

PAGE_SECONDS = 2.7
CONNECT_SECONDS = 0.5
HEALTH_SECONDS = 0.5
MAX_ANSWER_BYTES = 1024 * 1024
PORTAL_KEY_HEADER = "X-Portal-Key"

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """For whom the portal asks: their address, device and language, as the gateway shall know."""

    address: str
    device: str
    language: str


@dataclass(frozen=True, kw_only=True)
class ApiAnswer:
    """The API's answer below 500. `json` is None when the body is empty."""

    status: int
    json: Any = field(repr=False)
    retry_after_seconds: int = 0
    etag: str = ""

    @property
    def is_success(self) -> bool:
        """Tell whether the API did what was asked."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Give the problem document's code, or an empty string."""
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""

    def listed(self, name: str) -> list[str]:
        """Give a list of words the problem document has under a name."""
        found = self.json.get(name) if isinstance(self.json, dict) else None
        return [str(word) for word in found] if isinstance(found, list) else []

    def has_error_of(self, name: str) -> bool:
        """Tell whether the problem document finds fault with a field."""
        found = self.json.get("errors") if isinstance(self.json, dict) else None
        return isinstance(found, dict) and name in found


@contextmanager
def one_page() -> Iterator[None]:
    """Let all calls inside end within the time a page has."""
    token = _deadline.set(time.monotonic() + PAGE_SECONDS)
    try:
        yield
    finally:
        _deadline.reset(token)


class GatewayClient:
    """The gateway as the portal sees it. Thread-safe: each thread has its own pooled session."""

    def __init__(self, base_url: str, portal_key: str) -> None:
        self._base_url = base_url
        self._portal_key = portal_key
        self._local = threading.local()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        visitor: Visitor,
        token: str | None = None,
        more_headers: Mapping[str, str] | None = None,
    ) -> ApiAnswer:
        """Ask for a visitor; nothing is retried.

        Raises:
            Unavailable: no usable answer in time, or the API is in trouble.
        """
        headers = {
            "Accept": "application/json",
            "Accept-Language": visitor.language,
            "User-Agent": visitor.device,
            "X-Forwarded-For": visitor.address,
            PORTAL_KEY_HEADER: self._portal_key,
            **(more_headers or {}),
        }
        if (request_id := current_correlation_id()) is not None:
            headers["X-Request-ID"] = request_id
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else strict_json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._send(method, path, content, headers)
        except (requests.RequestException, ValueError) as error:
            message = "The service does not answer at the moment."
            raise Unavailable(message) from error

    def is_there(self) -> bool:
        """Tell whether the gateway's process answers."""
        try:
            answer = self._session().get(
                f"{self._base_url}/healthz", timeout=HEALTH_SECONDS, allow_redirects=False
            )
        except requests.RequestException:
            return False
        return answer.status_code == 200

    def _send(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> ApiAnswer:
        seconds = _remaining()
        response = self._session().request(
            method, self._base_url + path, data=content, headers=headers,
            timeout=(min(CONNECT_SECONDS, seconds), seconds), allow_redirects=False,
        )  # fmt: skip
        if response.status_code >= 500 or len(response.content) > MAX_ANSWER_BYTES:
            raise requests.HTTPError(str(response.status_code))
        retry_after = response.headers.get("Retry-After", "")
        return ApiAnswer(
            status=response.status_code,
            json=response.json() if response.content else None,
            retry_after_seconds=int(retry_after) if retry_after.isdecimal() else 0,
            etag=response.headers.get("ETag", ""),
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
        return session


def _remaining() -> float:
    deadline = _deadline.get()
    seconds = PAGE_SECONDS if deadline is None else deadline - time.monotonic()
    if seconds <= 0:
        raise requests.Timeout
    return seconds
