"""The `matching` dialect: the token stands in the body, and a refusal is HTTP 200 `{"status":
false}`, but for 429 and 503.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from werkzeug.sansio.http import parse_cookie

from gateway.dialects.speech import AMBIGUOUS, NOTHING, Dialect, Habit, Presented
from gateway.errors import Refused
from gateway.exchange import Fields, LegacyAnswer

COOKIE = "session"
_COOKIE_SECONDS = 30 * 24 * 3600


def _render(refused: Refused, habits: frozenset[Habit]) -> LegacyAnswer:
    text = refused.filled(refused.wording.matching)
    body: dict[str, object] = {"status": False}
    if Habit.NAMES_SESSION in habits:
        body["session"] = ""
    body["error"] = text
    status = refused.wording.matching_status
    return LegacyAnswer(status=status, json=body, headers=refused.headers)


MATCHING = Dialect(
    name="matching",
    default_locale="ru",
    challenge=None,
    has_bare_tokens=True,
    schemes=frozenset({"token", "bearer", "jwt"}),
    render=_render,
)


def presented_token(
    fields: Fields, headers: Mapping[str, str], own_origins: frozenset[str]
) -> Presented:
    """Find the token: body `session`, else `session_token`, else the header, else a same-origin
    cookie.

    A body and a header that show two different tokens are ambiguous.
    """
    shown_in_body = fields.get("session")
    if shown_in_body is None or shown_in_body == "":
        shown_in_body = fields.get("session_token")
    in_header = MATCHING.header_token(headers.get("authorization", ""))
    if in_header.is_ambiguous:
        return AMBIGUOUS
    if shown_in_body is None or shown_in_body == "":
        return in_header if in_header.token else _cookie_token(headers, own_origins)
    if not isinstance(shown_in_body, str):
        return AMBIGUOUS
    if in_header.token is not None and in_header.token != shown_in_body.strip():
        return AMBIGUOUS
    return Presented(token=shown_in_body.strip())


def _cookie_token(headers: Mapping[str, str], own_origins: frozenset[str]) -> Presented:
    """Read the cookie `session`, but only where nothing says that another site made the browser
    send it.
    """
    header = headers.get("cookie", "")
    if not header or not is_same_origin(headers, own_origins):
        return NOTHING
    # Latin-1: a token is ASCII, whatever bytes stand beside it
    tokens = {value for value in parse_cookie(header).getlist(COOKIE) if value}
    if len(tokens) > 1:
        return AMBIGUOUS
    return Presented(token=tokens.pop()) if tokens else NOTHING


def is_same_origin(headers: Mapping[str, str], own_origins: frozenset[str]) -> bool:
    """Tell whether a request comes from a page of ours, or from no browser: nothing says that
    another site made a browser send it.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None or origin in own_origins:
        return True
    # what a proxy speaks outside, own_origins says
    return origin == f"http://{headers.get('host')}"


def own_origins_of(public_url: str) -> frozenset[str]:
    """Give the origin the outside knows the gateway by."""
    parts = urlsplit(public_url)
    return frozenset({f"{parts.scheme}://{parts.netloc}"})


def session_cookie(token: str) -> str:
    """Spell the `Set-Cookie` value for a token; an empty token ends the cookie."""
    seconds = _COOKIE_SECONDS if token else 0
    return f"{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"
