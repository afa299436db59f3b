"""THE TABLE: every legacy row, the prefixes of the clean API, and the rule by which a path finds
its row.

A row says who may call, what body it reads, how large, whether it may be retried, and which pure
pair of functions translates it. Collisions stop the start. What a row's fields mean stands in
`gateway/translations`.
"""

# ruff: noqa: E501 - a row of the table is one line

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum

from gateway.dialects.accounts import ACCOUNTS
from gateway.dialects.clean import CLEAN
from gateway.dialects.matching import MATCHING
from gateway.dialects.speech import NO_HABITS, Dialect, Habit
from gateway.dialects.wellbeing import WELLBEING
from gateway.exchange import Fields, Translation

KIBIBYTE = 1024
FIELDS_LIMIT = 64 * KIBIBYTE
PICTURE_LIMIT = 5 * KIBIBYTE * KIBIBYTE
PICTURE_FORM_LIMIT = PICTURE_LIMIT + FIELDS_LIMIT

CLEAN_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Service(StrEnum):
    """The five services; the value is the word in settings and in `/readyz`."""

    AUTH = "auth"
    PROFILE = "profile"
    BOOKING = "booking"
    CHAT = "chat"
    NOTIFICATION = "notification"


class TokenRule(Enum):
    """Whether a row wants a token."""

    NONE = "none"
    IF_GOOD = "a good one is used, anything else counts as none"
    REQUIRED = "required"


class BodyRule(Enum):
    """What a row reads from the body."""

    NOT_READ = "the body is not read"
    FIELDS = "JSON or a form"
    FORM = "a form only"


class Limit(StrEnum):
    """The narrow limits beside the general one; their numbers stand in `gateway/limits.py`."""

    LOGIN = "login"
    REGISTRATION = "registration"
    CODE_MAIL = "code_mail"
    CODE_GUESS = "code_guess"
    MESSAGE = "message"
    PICTURE = "picture"
    CARD = "card"
    COSTLY_READ = "costly_read"


LIMITS_PER_LOGIN_SESSION = frozenset({Limit.MESSAGE, Limit.PICTURE})
LIMITS_PER_ACCOUNT = frozenset({Limit.CARD, Limit.COSTLY_READ})
LIMITS_PER_CALLER = LIMITS_PER_LOGIN_SESSION | LIMITS_PER_ACCOUNT
"""Counted for the caller who is logged in; the other narrow limits count networks."""


class RouteCollision(Exception):
    """Two entries of the table claim the same requests; the gateway does not start."""


CLIENT_ONLY = frozenset({"client"})
NOT_STAFF = frozenset({"client", "therapist"})
ChosenWhen = Callable[[Fields], bool]


def _has_matching_address(fields: Fields) -> bool:
    return "user_mail" in fields or "user_email" in fields


def _has_session(fields: Fields) -> bool:
    return "session" in fields or "session_token" in fields


@dataclass(frozen=True, kw_only=True)
class Row:
    """One legacy URL and method. `service` is None where the gateway itself answers (`/`).

    `successor` is the clean method and path. `chosen_when` decides by the body's keys between rows
    of one URL and method; the row without it is the one that stands otherwise.
    `is_chosen_without_header` adds that no `Authorization` may be sent. Where `is_done_once`, an
    `Idempotency-Key` reaches the service: every row that writes, but for logins, codes, passwords
    and cards. (A3 may ask for a code: its service looks at the key for names alone.) A row that
    `is_about_anybody` names an account in its path which need not be the caller's: an unknown one is
    its own 404. One that `is_before_duties` is open to callers who have to do something before
    anything else: changing the password, logging out. Where the answer `is_passed_back`, its bytes
    are the service's own and may come in pieces. `translation` is its pure pair.
    """

    number: str
    dialect: Dialect
    methods: tuple[str, ...]
    path: str
    purpose: str
    service: Service | None
    successor: str
    token: TokenRule = TokenRule.REQUIRED
    roles: frozenset[str] | None = None
    body: BodyRule = BodyRule.NOT_READ
    size_limit: int = FIELDS_LIMIT
    may_be_retried: bool = False
    limit: Limit | None = None
    chosen_when: ChosenWhen | None = None
    is_chosen_without_header: bool = False
    is_basic_allowed: bool = False
    is_done_once: bool = False
    is_about_anybody: bool = False
    is_before_duties: bool = False
    is_passed_back: bool = False
    habits: frozenset[Habit] = NO_HABITS
    translation: Translation | None = None

    @property
    def needs_verified_address(self) -> bool:
        """Tell whether the caller's address must be verified: everywhere in `wellbeing` where a
        token is wanted.
        """
        return self.dialect is WELLBEING and self.token is TokenRule.REQUIRED


def _wellbeing(
    number: str,
    method: str,
    path: str,
    purpose: str,
    service: Service,
    successor: str,
    **more: object,
) -> Row:
    return _row(WELLBEING, number, method, f"/users/{path}", purpose, service, successor, more)


def _accounts(
    number: str, method: str, path: str, purpose: str, successor: str, **more: object
) -> Row:
    return _row(ACCOUNTS, number, method, path, purpose, Service.AUTH, successor, more)


def _matching(
    number: str, path: str, purpose: str, service: Service, successor: str, **more: object
) -> Row:
    more = {"body": BodyRule.FIELDS, **more}
    return _row(MATCHING, number, "POST", path, purpose, service, successor, more)


def _row(
    dialect: Dialect,
    number: str,
    method: str,
    path: str,
    purpose: str,
    service: Service,
    successor: str,
    more: Mapping[str, object],
) -> Row:
    return Row(
        dialect=dialect,
        number=number,
        methods=(method,),
        path=path,
        purpose=purpose,
        service=service,
        successor=successor,
        **more,  # type: ignore[arg-type] # the table's lines are checked by the dataclass and by tests
    )


_AUTH, _PROFILE, _BOOKING = Service.AUTH, Service.PROFILE, Service.BOOKING
_CHAT, _NOTIFICATION = Service.CHAT, Service.NOTIFICATION
_OPEN: Mapping[str, object] = {"token": TokenRule.NONE}
_READS: Mapping[str, object] = {"body": BodyRule.FIELDS}
_SAFE: Mapping[str, object] = {"may_be_retried": True}
_CLIENT: Mapping[str, object] = {"roles": CLIENT_ONLY}
_ONCE: Mapping[str, object] = {"is_done_once": True}
_ANYBODY: Mapping[str, object] = {"is_about_anybody": True}
_BEFORE_DUTIES: Mapping[str, object] = {"is_before_duties": True}


def _habits(*habits: Habit) -> Mapping[str, object]:
    return {"habits": frozenset(habits)}


# fmt: off
LEGACY_ROWS: tuple[Row, ...] = (
    _wellbeing("W1", "POST", "signup", "open an account", _AUTH, "POST /api/v1/registrations", **_OPEN, **_READS, limit=Limit.REGISTRATION),
    _wellbeing("W2", "POST", "resend_code", "mail the code again", _AUTH, "POST /api/v1/verification-codes", **_OPEN, **_READS, limit=Limit.CODE_MAIL),
    _wellbeing("W3", "POST", "verify_signup", "prove an address", _AUTH, "POST /api/v1/verifications", **_OPEN, **_READS, limit=Limit.CODE_GUESS),
    _wellbeing("W4", "POST", "login", "log in", _AUTH, "POST /api/v1/login-sessions", **_OPEN, **_READS, limit=Limit.LOGIN),
    _wellbeing("W5", "GET", "my_profile", "own profile", _PROFILE, "GET /api/v1/profiles/me", **_SAFE),
    _wellbeing("W6", "POST", "change_profile_picture", "upload a picture", _PROFILE, "PUT /api/v1/profiles/me/picture", body=BodyRule.FORM, size_limit=PICTURE_FORM_LIMIT, limit=Limit.PICTURE, **_ONCE),
    _wellbeing("W7", "GET", "others_profile/<id>", "somebody's profile", _PROFILE, "GET /api/v1/profiles/<id>", **_SAFE, **_ANYBODY),
    _wellbeing("W8", "GET", "profile_picture/<id>", "somebody's picture", _PROFILE, "GET /api/v1/profiles/<id>/picture", **_SAFE, **_ANYBODY, is_passed_back=True),
    _wellbeing("W9", "GET", "notifications", "list, marks read", _NOTIFICATION, "POST /api/v1/notifications/read"),
    _wellbeing("W10", "DELETE", "notifications", "delete one", _NOTIFICATION, "DELETE /api/v1/notifications/<id>", **_READS, **_ONCE),
    _wellbeing("W11", "GET", "notifications_count", "unread count", _NOTIFICATION, "GET /api/v1/notifications/unread-count", **_SAFE),
    _wellbeing("W12", "POST", "upgrade_premuim", "become premium", _PROFILE, "POST /api/v1/memberships", roles=NOT_STAFF, **_ONCE),
    _wellbeing("W13", "POST", "update_profile", "change the profile", _PROFILE, "PATCH /api/v1/profiles/me", **_READS, **_ONCE),
    _wellbeing("W14", "POST", "change_email", "change the address", _AUTH, "POST /api/v1/accounts/me/email-changes", **_READS, limit=Limit.CODE_MAIL),
    _wellbeing("W15", "POST", "change_password", "change the password", _AUTH, "PUT /api/v1/accounts/me/password", **_READS, **_BEFORE_DUTIES),
    _wellbeing("W16", "GET", "settings", "read settings", _NOTIFICATION, "GET /api/v1/notification-settings/me", **_SAFE),
    _wellbeing("W17", "POST", "settings", "change settings", _NOTIFICATION, "PATCH /api/v1/notification-settings/me", **_READS, **_ONCE),
    _wellbeing("W18", "POST", "reset_password", "mail a reset code", _AUTH, "POST /api/v1/password-resets", **_OPEN, **_READS, limit=Limit.CODE_MAIL),
    _wellbeing("W19", "PUT", "verify_reset_password", "check the code", _AUTH, "POST /api/v1/password-resets/check", **_OPEN, **_READS, limit=Limit.CODE_GUESS),
    _wellbeing("W20", "POST", "verify_reset_password", "set the password", _AUTH, "POST /api/v1/password-resets/confirm", **_OPEN, **_READS, limit=Limit.CODE_GUESS),
    _wellbeing("W21", "GET", "sessions", "guided sessions", _CHAT, "GET /api/v1/guided-sessions", **_SAFE),
    _wellbeing("W22", "POST", "initialize_chat", "begin a stage", _CHAT, "POST /api/v1/guided-sessions/<id>/start", **_READS, **_ONCE),
    _wellbeing("W23", "POST", "chat", "answer", _CHAT, "POST /api/v1/guided-sessions/<id>/answers", **_READS, **_ONCE),
    _wellbeing("W24", "GET", "chat", "history", _CHAT, "GET /api/v1/guided-sessions/<id>/transcript", **_SAFE),

    _accounts("A1", "POST", "/users", "open an account", "POST /api/v1/registrations", token=TokenRule.IF_GOOD, **_READS, limit=Limit.REGISTRATION),
    _accounts("A2", "GET", "/users/<id>", "read", "GET /api/v1/accounts/<id>", **_SAFE, **_ANYBODY),
    _accounts("A3", "PUT", "/users/update/<id>", "change", "PATCH /api/v1/accounts/<id>", **_READS, **_ONCE, **_ANYBODY),
    _accounts("A4", "PUT", "/users/update_password/<id>", "change the password", "PUT /api/v1/accounts/me/password", **_READS, **_BEFORE_DUTIES),
    _accounts("A5", "GET", "/users/pagination", "list", "GET /api/v1/accounts", **_SAFE),
    _accounts("A6", "POST", "/login", "log in", "POST /api/v1/login-sessions", **_OPEN, **_READS, limit=Limit.LOGIN),
    _accounts("A7", "POST", "/logout", "log out", "DELETE /api/v1/login-sessions/current", is_basic_allowed=True, **_BEFORE_DUTIES, **_habits(Habit.ONE_401)),
    _accounts("A8", "GET", "/protected", "check a token", "GET /api/v1/accounts/me", is_basic_allowed=True, **_SAFE, **_habits(Habit.ONE_401)),

    _matching("M1", "/login", "log in", _AUTH, "POST /api/v1/login-sessions", **_OPEN, limit=Limit.LOGIN, chosen_when=_has_matching_address, **_habits(Habit.NAMES_SESSION)),
    _matching("M2", "/registration", "open an account", _AUTH, "POST /api/v1/registrations", **_OPEN, limit=Limit.REGISTRATION),
    _matching("M3", "/userdata", "preferences", _BOOKING, "PUT /api/v1/matching-preferences/me", **_CLIENT, **_ONCE),
    _matching("M4", "/get_therapist_list", "therapists", _BOOKING, "GET /api/v1/matches", **_CLIENT, **_SAFE, limit=Limit.COSTLY_READ),
    _matching("M5", "/select_therapist", "book or move; therapists", _BOOKING, "POST /api/v1/selections", **_CLIENT, limit=Limit.COSTLY_READ, **_ONCE),
    _matching("M6", "/client_lk", "my therapist and hour", _BOOKING, "GET /api/v1/care-relations/current", **_CLIENT, **_SAFE),
    _matching("M7", "/re_sheldure", "begin or do a move", _BOOKING, "POST /api/v1/appointments/<id>/reschedule", **_CLIENT, **_ONCE),
    _matching("M8", "/send_message", "write to the therapist", _CHAT, "POST /api/v1/messages", **_CLIENT, limit=Limit.MESSAGE, **_ONCE),
    _matching("M9", "/get_time", "free hours", _BOOKING, "GET /api/v1/practitioners/<id>/slots", **_CLIENT, **_SAFE),
    _matching("M10", "/card_data", "card on file", _BOOKING, "POST /api/v1/payment-methods", **_CLIENT, limit=Limit.CARD),
    _matching("M11", "/sessions_info", "my appointments", _BOOKING, "GET /api/v1/appointments", **_CLIENT, **_SAFE),
    _matching("M12", "/change_therapist", "leave the therapist", _BOOKING, "POST /api/v1/care-relations/current/end", **_CLIENT, **_ONCE),
    Row(number="M13", dialect=MATCHING, methods=("GET", "POST"), path="/", purpose="index", service=None, successor="GET /openapi.json", token=TokenRule.NONE),

    # The matching form of /logout is an extra beside the 45 rows.
    _matching("MX", "/logout", "log out", _AUTH, "DELETE /api/v1/login-sessions/current", chosen_when=_has_session, is_chosen_without_header=True, **_BEFORE_DUTIES, **_habits(Habit.ENDS_COOKIE)),
)
# fmt: on

NOUNS: Mapping[Service, tuple[str, ...]] = {
    Service.AUTH: (
        "accounts",
        "email-changes",
        "email-corrections",
        "invitations",
        "login-sessions",
        "password-resets",
        "registrations",
        "verification-codes",
        "verifications",
    ),
    Service.PROFILE: ("memberships", "pictures", "profiles"),
    Service.BOOKING: (
        "appointments",
        "care-relations",
        "code-lists",
        "holds",
        "matches",
        "matching-preferences",
        "payment-methods",
        "practitioners",
        "selections",
    ),
    Service.CHAT: ("conversations", "guided-sessions", "help-lines", "messages", "stages"),
    Service.NOTIFICATION: ("notification-settings", "notifications"),
}

# Clean operations anybody may call: whatever `Authorization` says there is not looked at and not
# sent on, so that a client may
# refresh an expired token with the expired one still in its header.
OPEN_CLEAN_OPERATIONS: Mapping[tuple[str, str], Limit | None] = {
    ("POST", "/api/v1/registrations"): Limit.REGISTRATION,
    ("POST", "/api/v1/login-sessions"): Limit.LOGIN,
    ("POST", "/api/v1/login-sessions/refresh"): None,
    ("POST", "/api/v1/verification-codes"): Limit.CODE_MAIL,
    ("POST", "/api/v1/verifications"): Limit.CODE_GUESS,
    ("POST", "/api/v1/password-resets"): Limit.CODE_MAIL,
    ("POST", "/api/v1/password-resets/check"): Limit.CODE_GUESS,
    ("POST", "/api/v1/password-resets/confirm"): Limit.CODE_GUESS,
    ("POST", "/api/v1/email-changes/undo"): Limit.CODE_GUESS,
    ("POST", "/api/v1/invitations/acceptance"): Limit.CODE_GUESS,
}
LIMITED_CLEAN_OPERATIONS: Mapping[tuple[str, str], Limit] = {
    ("POST", "/api/v1/accounts"): Limit.REGISTRATION,
    ("POST", "/api/v1/accounts/me/email-changes"): Limit.CODE_MAIL,
    ("GET", "/api/v1/matches"): Limit.COSTLY_READ,
    ("POST", "/api/v1/payment-methods"): Limit.CARD,
    ("POST", "/api/v1/selections"): Limit.COSTLY_READ,
    ("POST", "/api/v1/messages"): Limit.MESSAGE,
    ("PUT", "/api/v1/profiles/me/picture"): Limit.PICTURE,
}
LARGE_CLEAN_OPERATIONS: Mapping[tuple[str, str], int] = {
    ("PUT", "/api/v1/profiles/me/picture"): PICTURE_FORM_LIMIT,
}
OPEN_DOCUMENTS: Mapping[str, Service] = {
    "/.well-known/jwks.json": Service.AUTH,
    "/api/v1/code-lists": Service.BOOKING,
    "/api/v1/help-lines": Service.CHAT,
}
OWN_PATHS = frozenset({"/", "/docs", "/healthz", "/openapi.json", "/problems", "/readyz"})
OWN_PREFIXES = ("/docs/", "/problems/")
CLEAN_PREFIX = "/api/v1/"
PORTAL_ROOT = "/app"
PORTAL_METHODS = ("GET", "HEAD", "POST")
USERS_PREFIX = "/users/"

_PARAMETER = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, kw_only=True)
class LegacyMatch:
    """A legacy URL: its rows by method; the dialect speaks when no row answers the method."""

    rows: Mapping[str, tuple[Row, ...]]
    dialect: Dialect
    path_parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """Give the methods that are answered, for `Allow`."""
        allowed = {*self.rows, "OPTIONS"} | ({"HEAD"} if "GET" in self.rows else set())
        return tuple(sorted(allowed))

    @property
    def is_own_page(self) -> bool:
        """Tell whether the gateway itself has the answer."""
        return all(row.service is None for rows in self.rows.values() for row in rows)


@dataclass(frozen=True, kw_only=True)
class PassingMatch:
    """A clean path that goes straight to its service."""

    service: Service
    path: str


class LiveOperation(StrEnum):
    """What the gateway answers itself of the clean API; the value is the path."""

    STREAM = "/api/v1/stream"
    TICKETS = "/api/v1/stream-tickets"


@dataclass(frozen=True, kw_only=True)
class LiveMatch:
    """A path of the live stream."""

    operation: LiveOperation


@dataclass(frozen=True, kw_only=True)
class OwnMatch:
    """A path the gateway answers itself through Flask."""

    path: str


@dataclass(frozen=True, kw_only=True)
class PortalMatch:
    """A page of the portal, with its slash as it came; `/app` is the root without one."""

    path: str

    @property
    def is_plain(self) -> bool:
        """Tell whether the portal can read no other path in it."""
        rest = self.path[len(PORTAL_ROOT) + 1 :]
        return not rest or all(map(_is_plain, rest.removesuffix("/").split("/")))


@dataclass(frozen=True, kw_only=True)
class NoMatch:
    """Nothing stands at this path; the dialect says so."""

    dialect: Dialect


Match = LegacyMatch | PassingMatch | LiveMatch | OwnMatch | PortalMatch | NoMatch


class RouteTable:
    """Finds what a path means. Built once at start.

    Raises:
        RouteCollision: two rows answer the same path and method, a legacy path stands where the
        gateway or the clean API does, a row
            has no translation, or a noun belongs to two services.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        translations: Mapping[str, Translation],
        nouns: Mapping[Service, tuple[str, ...]] = NOUNS,
    ) -> None:
        self.rows = tuple(replace(row, translation=translations.get(row.number)) for row in rows)
        self._service_of_noun = _service_of_noun(nouns)
        _refuse_duplicate_numbers(self.rows)
        _refuse_missing_translations(self.rows)
        self._exact, self._by_prefix = _grouped(self.rows)

    def find(self, path: str) -> Match:
        """Tell what a decoded path means; one trailing slash does not count."""
        stripped = path[:-1] if len(path) > 1 and path.endswith("/") else path
        found = self._exact.get(stripped)
        if found is not None:
            return found
        if stripped in _LIVE_PATHS:
            return LiveMatch(operation=LiveOperation(stripped))
        if stripped.startswith(CLEAN_PREFIX):
            return self._passing(stripped)
        if f"{path}/".startswith(f"{PORTAL_ROOT}/"):
            return PortalMatch(path=path)
        if stripped in OWN_PATHS or path.startswith(OWN_PREFIXES):
            return OwnMatch(path=path)
        if path.startswith(USERS_PREFIX):
            return self._below_users(stripped)
        if stripped in OPEN_DOCUMENTS:
            return PassingMatch(service=OPEN_DOCUMENTS[stripped], path=stripped)
        return NoMatch(dialect=CLEAN)

    def _passing(self, path: str) -> Match:
        segments = path[len(CLEAN_PREFIX) :].split("/")
        service = self._service_of_noun.get(segments[0])
        if service is None or not all(_is_plain(segment) for segment in segments):
            return NoMatch(dialect=CLEAN)
        return PassingMatch(service=service, path=path)

    def _below_users(self, path: str) -> Match:
        """Sections 4.3 to 4.5 of the routing rules: known prefixes, then `/users/<x>`, then the
        `wellbeing` 404.
        """
        prefix, _, last = path.rpartition("/")
        found = self._by_prefix.get(prefix)
        if found is None or not last:
            return NoMatch(dialect=WELLBEING)
        name, match = found
        return LegacyMatch(rows=match.rows, dialect=match.dialect, path_parameters={name: last})


_LIVE_PATHS = frozenset(LiveOperation)


def _is_plain(segment: str) -> bool:
    """Refuse empty and dot segments, control characters and what is no UTF-8: what a service could
    read as another path.
    """
    return segment not in ("", ".", "..") and segment.isprintable()


def _service_of_noun(nouns: Mapping[Service, tuple[str, ...]]) -> dict[str, Service]:
    owners: dict[str, Service] = {}
    for service, names in nouns.items():
        for noun in names:
            if f"{CLEAN_PREFIX}{noun}" in _LIVE_PATHS:
                raise RouteCollision(f"{noun} is the gateway's own, not of {service}")
            if noun in owners:
                raise RouteCollision(f"{noun} belongs to {owners[noun]} and to {service}")
            owners[noun] = service
    return owners


def _refuse_duplicate_numbers(rows: Sequence[Row]) -> None:
    numbers = [row.number for row in rows]
    for number in numbers:
        if numbers.count(number) > 1:
            raise RouteCollision(f"row {number} stands twice")


def _refuse_missing_translations(rows: Sequence[Row]) -> None:
    for row in rows:
        if row.service is not None and row.translation is None:
            raise RouteCollision(f"row {row.number} has no translation")


def _grouped(
    rows: Sequence[Row],
) -> tuple[dict[str, LegacyMatch], dict[str, tuple[str, LegacyMatch]]]:
    """Group rows by exact path, or by the path before a parameter that stands last."""
    by_path: dict[str, list[Row]] = {}
    for row in rows:
        by_path.setdefault(row.path, []).append(row)
    exact: dict[str, LegacyMatch] = {}
    by_prefix: dict[str, tuple[str, LegacyMatch]] = {}
    for path, group in by_path.items():
        match = _match_of(path, group)
        prefix, _, last = path.rpartition("/")
        parameter = _PARAMETER.fullmatch(last)
        if parameter is None:
            _refuse_foreign_ground(path)
            exact[path] = match
        elif prefix in by_prefix:
            raise RouteCollision(f"two rows have a parameter after {prefix}")
        else:
            by_prefix[prefix] = (parameter.group(1), match)
    return exact, by_prefix


def _refuse_foreign_ground(path: str) -> None:
    is_clean = f"{path}/".startswith((CLEAN_PREFIX, "/internal/", f"{PORTAL_ROOT}/"))
    is_own = path != "/" and (path in OWN_PATHS or f"{path}/".startswith(OWN_PREFIXES))
    if is_clean or is_own or path in OPEN_DOCUMENTS or (path != "/" and path.endswith("/")):
        raise RouteCollision(f"{path} is not a legacy path")


def _match_of(path: str, group: list[Row]) -> LegacyMatch:
    rows: dict[str, tuple[Row, ...]] = {}
    for row in group:
        for method in row.methods:
            rows[method] = (*rows.get(method, ()), row)
    for method, candidates in rows.items():
        fallbacks = [row for row in candidates if row.chosen_when is None]
        if len(fallbacks) != 1 or len(candidates) > 2:
            raise RouteCollision(
                f"{method} {path} is claimed by {[row.number for row in candidates]}"
            )
        rows[method] = tuple(sorted(candidates, key=lambda row: row.chosen_when is None))
    speakers = [row for row in group if row.chosen_when is None]
    if len({row.dialect.name for row in speakers}) > 1:
        raise RouteCollision(f"{path} speaks two dialects")
    return LegacyMatch(rows=rows, dialect=speakers[0].dialect)
