"""The guarded HTTP client for calls between services: short timeouts, a breaker for each operation,
no cookies, no proxies from the environment.

Only used where a person waits for the answer and the owner must be asked (never inside a writing
transaction).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin

import requests
from flask import has_request_context

from shared import strict_json
from shared.errors import Unavailable
from shared.http.breaker import BreakerIsOpen, ConcurrentBreaker, OperationBreakers
from shared.http.context import identity_if_any
from shared.logs import current_correlation_id

CONNECT_SECONDS = 0.25
READ_SECONDS = 1.0
MAX_ANSWER_BYTES = 1024 * 1024
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class ServiceAnswer:
    """A sibling's answer below 500. `json` is None when the body is empty."""

    status: int
    json: Any

    @property
    def is_success(self) -> bool:
        """Tell whether the sibling did what was asked."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Give the problem document's code, or an empty string."""
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""


class ServiceClient:
    """Calls one sibling service. Thread-safe: each thread has its own pooled session."""

    def __init__(
        self, name: str, base_url: str, internal_key: str, *, read_seconds: float = READ_SECONDS
    ) -> None:
        self.name = name
        self._base_url = base_url + "/"
        self._internal_key = internal_key
        self._timeout = (CONNECT_SECONDS, read_seconds)
        self._local = threading.local()
        self._breakers = OperationBreakers(
            lambda operation: ConcurrentBreaker(
                f"{name} {operation}",
                failures_to_open=FAILURES_TO_OPEN,
                open_seconds=OPEN_SECONDS,
                failures=(requests.RequestException, strict_json.UnreadableJson, TimeoutError),
            )
        )

    def get(
        self, path: str, query: Mapping[str, str | int] | None = None, *, token: str | None = None
    ) -> ServiceAnswer:
        """Ask; a sibling that is down, slow or answers 5xx is Unavailable.

        Raises:
            Unavailable: no usable answer within the timeouts, or the breaker is open.
        """
        return self._call("GET", path, query=query, token=token)

    def post(self, path: str, body: object, *, token: str | None = None) -> ServiceAnswer:
        """Send JSON; see `get` for what is raised. Nothing is retried."""
        return self._call("POST", path, body=body, token=token)

    def close(self) -> None:
        """Close this thread's connections."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is not None:
            session.close()
            self._local.session = None

    def fetch_jwks(self) -> str:
        """Give auth's published keys as JWKS text.

        Raises:
            OSError: auth did not answer.
        """
        try:
            answer = self.get("/.well-known/jwks.json")
        except Unavailable as error:
            raise OSError(self.name) from error
        if not answer.is_success:
            raise OSError(self.name)
        return strict_json.dumps(answer.json).decode()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: object = None,
        token: str | None = None,
    ) -> ServiceAnswer:
        breaker = self._breakers.of(method, path)
        try:
            return breaker.run(lambda: self._send(method, path, query, body, token), _caller())
        except (
            requests.RequestException,
            strict_json.UnreadableJson,
            TimeoutError,
            BreakerIsOpen,
        ) as error:
            raise Unavailable(f"{self.name} does not answer at the moment.") from error

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: object,
        token: str | None,
    ) -> ServiceAnswer:
        headers = {"X-Internal-Key": self._internal_key, "Accept": "application/json"}
        if (request_id := current_correlation_id()) is not None:
            headers["X-Request-ID"] = request_id
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._session().request(
                method,
                urljoin(self._base_url, path.lstrip("/")),
                params=dict(query or {}),
                data=None if body is None else strict_json.dumps(body),
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.ReadTimeout as error:  # may be what the caller asks for
            raise TimeoutError(self.name) from error
        if response.status_code >= 500 or len(response.content) > MAX_ANSWER_BYTES:
            raise requests.HTTPError(str(response.status_code))
        content = response.content
        return ServiceAnswer(
            status=response.status_code, json=strict_json.loads(content) if content else None
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
        return session


def _caller() -> str | None:
    """Give for whom the sibling is asked: the account of the request in hand, if there is one."""
    identity = identity_if_any() if has_request_context() else None
    return None if identity is None else f"account {identity.account_id}"
