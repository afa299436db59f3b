"""The guarded HTTP client for calls between services: short timeouts, a breaker for each operation,
no cookies, no proxies from the environment.

Only used where a person waits for the answer and the owner must be asked (never inside a writing
transaction).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from flask import has_request_context
from marshmallow import EXCLUDE, Schema, ValidationError

from shared import strict_json
from shared.errors import Unavailable
from shared.http.breaker import BreakerIsOpen, ConcurrentBreaker, OperationBreakers
from shared.http.context import identity_if_any
from shared.logs import current_correlation_id

Query = Mapping[str, str] | Mapping[str, int]

CONNECT_SECONDS = 0.25
READ_SECONDS = 1.0
MAX_ANSWER_BYTES = 1024 * 1024
MOST_KEPT_CONNECTIONS = 16
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 2.0


class AnswerSchema(Schema):
    """Base of what is read of a sibling's answer: a `@post_load` turns the fields into the domain's
    value, unknown ones are ignored, for a later release of the sibling may say more. An instance
    serves all threads; make one per module, for making it costs more than a load.
    """

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE


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


class _Broken(Exception):
    """The sibling answered that it cannot answer, or more than anybody reads."""


_FAILURES: Final = (urllib3.exceptions.HTTPError, strict_json.UnreadableJson, TimeoutError, _Broken)


class ServiceClient:
    """Reads from one sibling service; all threads share its kept connections."""

    def __init__(
        self, name: str, base_url: str, internal_key: str, *, read_seconds: float = READ_SECONDS
    ) -> None:
        self.name = name
        self._internal_key = internal_key
        self._prefix = urlsplit(base_url).path.rstrip("/")
        self._pool = urllib3.connection_from_url(
            base_url,
            maxsize=MOST_KEPT_CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds),
            retries=False,
        )
        self._breakers = OperationBreakers(
            lambda: ConcurrentBreaker(
                failures_to_open=FAILURES_TO_OPEN,
                open_seconds=OPEN_SECONDS,
                failures=_FAILURES,
            )
        )

    def read(
        self,
        path: str,
        schema: AnswerSchema,
        query: Query | None = None,
        *,
        token: str | None = None,
    ) -> Any | None:
        """Give what the schema makes of the answer, or None where the sibling knows no such thing
        (404). Nothing is asked twice.

        Raises:
            Unavailable: no answer within the timeouts, another one than agreed, or the breaker is
                open.
        """
        answer = self.get(path, query, token=token)
        if answer.status == 404:
            return None
        if not answer.is_success:
            raise self._not_as_agreed()
        try:
            return schema.load(answer.json)
        except ValidationError as error:
            raise self._not_as_agreed() from error

    def read_there(
        self,
        path: str,
        schema: AnswerSchema,
        query: Query | None = None,
        *,
        token: str | None = None,
    ) -> Any:
        """Read what is always there, a list or the caller's own: a 404 is Unavailable too."""
        found = self.read(path, schema, query, token=token)
        if found is None:
            raise self._not_as_agreed()
        return found

    def get(
        self, path: str, query: Query | None = None, *, token: str | None = None
    ) -> ServiceAnswer:
        """Ask; a sibling that is down, slow or answers 5xx is Unavailable.

        Raises:
            Unavailable: no usable answer within the timeouts, or the breaker is open.
        """
        breaker = self._breakers.of("GET", path)
        try:
            return breaker.run(lambda: self._send(path, query, token), _caller())
        except (*_FAILURES, BreakerIsOpen) as error:
            raise Unavailable(f"{self.name} does not answer at the moment.") from error

    def close(self) -> None:
        """Close the kept connections; nothing is asked afterwards."""
        self._pool.close()

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

    def _send(self, path: str, query: Query | None, token: str | None) -> ServiceAnswer:
        url = self._prefix + path + (f"?{urlencode(query)}" if query else "")
        try:
            response = self._pool.urlopen(
                "GET", url, headers=self._headers(token), redirect=False, preload_content=False
            )
            content = response.read(MAX_ANSWER_BYTES + 1)
        except urllib3.exceptions.ReadTimeoutError as error:  # may be what the caller asks for
            raise TimeoutError(self.name) from error
        if len(content) > MAX_ANSWER_BYTES:
            response.close()
            raise _Broken(self.name)
        response.release_conn()
        if response.status >= 500:
            raise _Broken(self.name)
        return ServiceAnswer(
            status=response.status, json=strict_json.loads(content) if content else None
        )

    def _headers(self, token: str | None) -> dict[str, str]:
        headers = {
            "X-Internal-Key": self._internal_key,
            "Accept": "application/json",
            "User-Agent": "hearth",
        }
        if (request_id := current_correlation_id()) is not None:
            headers["X-Request-ID"] = request_id
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _not_as_agreed(self) -> Unavailable:
        return Unavailable(f"{self.name} does not answer as agreed at the moment.")


def _caller() -> str | None:
    """Give for whom the sibling is asked: the account of the request in hand, if there is one."""
    identity = identity_if_any() if has_request_context() else None
    return None if identity is None else f"account {identity.account_id}"
