"""The shape all dialects share: where a token is looked for, and how a refusal is rendered."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from gateway.errors import Refused
from gateway.exchange import BasicCredentials, LegacyAnswer

_TOKEN_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What a caller shows to say who they are; both None when nothing usable was shown.

    `is_ambiguous` tells that two things were shown that disagree, or two headers were merged into
    one.
    """

    token: str | None = None
    credentials: BasicCredentials | None = None
    is_ambiguous: bool = False


class Habit(Enum):
    """What one row does unlike the others of its dialect."""

    ONE_401 = "knows one refusal of a token only"
    NAMES_SESSION = "names an empty session beside every error"
    ENDS_COOKIE = "takes the cookie back when it was done"


NO_HABITS: frozenset[Habit] = frozenset()
NOTHING = Presented()
AMBIGUOUS = Presented(is_ambiguous=True)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One way of speaking. `render` turns the gateway's own refusal into an answer, with the habits
    of the row where one was found.
    """

    name: str
    default_locale: str
    challenge: str | None
    has_bare_tokens: bool
    schemes: frozenset[str]
    render: Callable[[Refused, frozenset[Habit]], LegacyAnswer]

    def header_token(self, authorization: str, *, is_basic_allowed: bool = False) -> Presented:
        """Read an `Authorization` header; an unknown scheme counts as nothing shown."""
        value = authorization.strip(" \t")
        if not value:
            return NOTHING
        if "," in value:
            return AMBIGUOUS
        scheme, _, rest = value.partition(" ")
        rest = rest.strip(" \t")
        if not rest:
            is_keyword = scheme.lower() in self.schemes or scheme.lower() == "basic"
            is_bare_token = self.has_bare_tokens and not is_keyword
            return Presented(token=scheme) if is_bare_token else NOTHING
        if scheme.lower() in self.schemes:
            return Presented(token=rest)
        if scheme.lower() == "basic" and is_basic_allowed:
            return _basic(rest)
        return NOTHING


def _basic(encoded: str) -> Presented:
    """Read Basic credentials: a token as user name or password, else an address with a password."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return NOTHING
    user, _, password = decoded.partition(":")
    for candidate in (user, password):
        if _TOKEN_SHAPE.fullmatch(candidate) and "@" not in candidate:
            return Presented(token=candidate)
    if user and password:
        return Presented(credentials=BasicCredentials(email=user, password=password))
    return NOTHING


def with_challenge(headers: dict[str, str], status: int, challenge: str | None) -> dict[str, str]:
    """Add `WWW-Authenticate` to a 401 that has none."""
    if status == 401 and challenge and "WWW-Authenticate" not in headers:
        headers["WWW-Authenticate"] = challenge
    return headers
