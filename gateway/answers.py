"""The outgoing half of every request: headers everybody gets, CORS by exact allowlist, and writing
an answer's head.

flask-cors only sees what Flask answers, and the hot path never reaches Flask; so the allowlist
stands here, for all answers alike.
"""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol

from gateway.dialects.clean import CLEAN
from gateway.dialects.matching import session_cookie
from gateway.exchange import LegacyAnswer
from gateway.requests import Request
from gateway.routes import PORTAL_ROOT
from shared import strict_json

HeaderList = list[tuple[str, str]]

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NO_BODY = frozenset({204, 304})
_LOCALHOST = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_EXPOSED = (
    "Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy,"
    " Retry-After, Sunset, X-Request-ID"
)
_PREFLIGHT_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_PREFLIGHT_HEADERS = (
    "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
    " X-Request-ID"
)
_API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PUBLIC_PICTURES = "/api/v1/pictures/"
_PAGES = f"{PORTAL_ROOT}/"


class BrokenOff(Exception):
    """The rest of an answer will not come: whoever takes it has to see that."""


class Pieces(Protocol):
    """What is still to come of an answer; taken once, on the event loop."""

    @property
    def is_endless(self) -> bool:
        """Tell whether it goes on as long as somebody takes it."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Give piece after piece; raises BrokenOff."""
        ...

    def close(self) -> None:
        """Take no more of it; called once or more."""
        ...


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer, ready to be written. `body` is dropped for HEAD; `length` keeps what HEAD
    announces. One with `pieces` goes on with them after its body; `length` is then of all of it,
    None where nobody knows it.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = field(default=None)
    pieces: "Pieces | None" = None

    @property
    def may_have_body(self) -> bool:
        """Tell whether HTTP lets an answer of this status have a body."""
        return self.status not in _NO_BODY

    def with_headers(self, more: Iterable[tuple[str, str]]) -> "Answer":
        """Add headers."""
        return replace(self, headers=(*self.headers, *more))


def answer_of(legacy: LegacyAnswer) -> Answer:
    """Spell a legacy answer in bytes."""
    headers = [(name, value) for name, value in legacy.headers.items()]
    if legacy.session_cookie is not None:
        headers.append(("Set-Cookie", session_cookie(legacy.session_cookie)))
    body = legacy.content if legacy.content is not None else strict_json.dumps(legacy.json)
    if legacy.status not in _NO_BODY:
        headers.append(("Content-Type", legacy.media_type))
    return Answer(status=legacy.status, headers=tuple(headers), body=body)


class Finisher:
    """Adds what every answer carries: request id, security headers, caching rule, CORS."""

    def __init__(
        self, *, public_url: str, cors_origins: frozenset[str], has_localhost_cors: bool
    ) -> None:
        self._cors_origins = cors_origins
        self._has_localhost_cors = has_localhost_cors
        self._security: HeaderList = [
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
        ]
        if public_url.startswith("https://"):
            self._security.append(("Strict-Transport-Security", "max-age=31536000"))

    def finished(self, request: Request, answer: Answer, request_id: str) -> Answer:
        """Give the answer with everything every answer carries."""
        present = {name.lower() for name, _ in answer.headers}
        headers = [*answer.headers, ("X-Request-ID", request_id), *self._security]
        if "content-security-policy" not in present:
            headers.append(("Content-Security-Policy", _API_POLICY))
        if "cache-control" not in present:
            headers.append(("Cache-Control", "no-store"))
        is_public_picture = request.path.startswith(_PUBLIC_PICTURES)
        sharing = "cross-origin" if is_public_picture else "same-origin"
        headers.append(("Cross-Origin-Resource-Policy", sharing))
        return replace(answer, headers=(*headers, *_limits_told(request), *self._cors(request)))

    def preflight(self, allowed_methods: tuple[str, ...]) -> Answer:
        """Answer OPTIONS, alike for everything that exists."""
        headers = (
            ("Allow", ", ".join(allowed_methods)),
            ("Access-Control-Allow-Methods", _PREFLIGHT_METHODS),
            ("Access-Control-Allow-Headers", _PREFLIGHT_HEADERS),
            ("Access-Control-Max-Age", "600"),
        )
        return Answer(status=204, headers=headers)

    def _cors(self, request: Request) -> HeaderList:
        if f"{request.path}/".startswith(_PAGES):
            return []  # a page is nothing for another site's script
        origin = request.headers.get("origin")
        headers: HeaderList = [("Vary", "Origin")]
        if origin is None or not self._is_allowed(origin):
            return headers
        return [
            *headers,
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", _EXPOSED),
        ]

    def _is_allowed(self, origin: str) -> bool:
        if origin in self._cors_origins:
            return True
        return self._has_localhost_cors and _LOCALHOST.fullmatch(origin) is not None


def _limits_told(request: Request) -> HeaderList:
    """Tell callers of the clean API what their limits leave them, as the IETF's draft spells it
    (draft-ietf-httpapi-ratelimit-headers-10): `q` of them in `w` seconds, `r` left, `t` seconds
    until there is room.
    """
    if request.dialect is not CLEAN or not request.rooms:
        return []
    policies, left = [], []
    for name, room in request.rooms.items():
        policies.append(f'"{name}";q={room.quota};w={room.window_seconds}')
        until = "" if room.seconds is None else f";t={room.seconds}"
        left.append(f'"{name}";r={room.left}{until}')
    return [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(left))]


def spelled_head(answer: Answer, more: Iterable[tuple[str, str]]) -> bytes:
    """Write an answer's head; its length stands there where it is known. A header can end no
    line.
    """
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    lines.extend(f"{name}: {value}" for name, value in answer.headers)
    lines.extend(f"{name}: {value}" for name, value in more)
    is_known = answer.pieces is None or answer.length is not None
    if answer.may_have_body and is_known:
        length = len(answer.body) if answer.length is None else answer.length
        lines.append(f"Content-Length: {length}")
    return "".join(f"{_CONTROLS.sub(' ', line)}\r\n" for line in (*lines, "")).encode(
        "latin-1", "replace"
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
