"""What passes between the gateway's core and a row's translation: plain, frozen values; no Flask,
no sockets.

The core reads and checks a legacy request up to and including "readable body", hands it to the
row's `to_service`, sends what that returns, and hands the service's answer to `to_legacy`. Both
functions are pure: everything they may look at is in their arguments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.access_tokens import Identity

JsonValue = object
Fields = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file of a multipart form; `content` is already bounded by the row's size limit."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class BasicCredentials:
    """Address and password from an `Authorization: Basic` header; only the rows A7 and A8 ever
    receive them.
    """

    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a translation may know beside the request: the moment, the service's zone and the
    outward address.
    """

    now: datetime
    service_time_zone: ZoneInfo
    public_url: str


@dataclass(frozen=True, kw_only=True)
class LegacyRequest:
    """One request of an old client, after path, method, size, token, role, media type and body were
    checked.

    `method` is the row's, or HEAD: then nothing may change. `path_parameters` is keyed by the names
    in the row's path (`id`). `fields` is the body's object (JSON or form; form values are strings),
    `{}` for an empty body; its strings may still hold NUL or lone surrogates, which are a field's
    refusal. `token` is the JWT as found by the dialect, `identity` its verified claims; both None
    where the row needs no token and no good one was sent, and where `basic_credentials` stand
    instead.
    """

    method: str
    path: str
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    files: Mapping[str, UploadedFile] = field(default_factory=dict)
    accept: str = ""
    locale: str = "en"
    token: str | None = None
    identity: Identity | None = None
    basic_credentials: BasicCredentials | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """The call a row makes at its service. At most one of `json` and `content` is given."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    json: JsonValue = None
    content: bytes | None = None
    media_type: str | None = None
    is_internal: bool = False


@dataclass(frozen=True, kw_only=True)
class ServiceResponse:
    """A service's answer. `json` is None when the body is not JSON; `code` is a problem document's
    stable code, else "".
    """

    status: int
    json: JsonValue = None
    content: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Tell whether the service did what was asked."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Give the problem document's stable code, or an empty string."""
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""


@dataclass(frozen=True, kw_only=True)
class LegacyAnswer:
    """What the old client receives. `json` is dumped when `content` is None; `session_cookie` sets
    the cookie `session`.
    """

    status: int = 200
    json: JsonValue = None
    content: bytes | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    session_cookie: str | None = None


class FieldRefused(Exception):
    """A row's fields (or its object's state) are refused; carries the finished answer in the
    caller's dialect.
    """

    def __init__(self, answer: LegacyAnswer) -> None:
        super().__init__("field refused")
        self.answer = answer


ToService = Callable[[LegacyRequest, Surroundings], ServiceRequest]
ToLegacy = Callable[[ServiceResponse, LegacyRequest, Surroundings], LegacyAnswer]


@dataclass(frozen=True, kw_only=True)
class Translation:
    """A row's pure pair. `to_service` raises FieldRefused; `to_legacy` also receives 4xx answers
    and picks the dialect's text.

    The core itself renders 429, 503 and every unexpected 5xx in the dialect; `to_legacy` never sees
    those.
    """

    to_service: ToService
    to_legacy: ToLegacy
