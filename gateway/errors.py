"""What the gateway itself refuses, and the only place that knows how such a refusal reads in each
dialect.

Refusals of a row's own fields and objects belong to `gateway/translations`; here is what the
gateway decides before or instead of a service: tokens, methods, sizes, media types, unreadable
bodies, limits, upstreams that do not answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """Why the gateway refuses a request; the value is the stable code of the problem document."""

    NO_TOKEN = "not_authenticated"  # noqa: S105 - a code, not a secret
    BAD_TOKEN = "invalid_token"  # noqa: S105 - a code, not a secret
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code, not a secret
    ACCOUNT_INACTIVE = "account_inactive"
    NOT_VERIFIED = "email_not_verified"
    ROLE_NOT_ALLOWED = "not_allowed"
    PASSWORD_CHANGE_REQUIRED = "password_change_required"  # noqa: S105 - a code, not a secret
    SECOND_FACTOR_SETUP_REQUIRED = "second_factor_setup_required"
    UNKNOWN_PATH = "not_found"
    WRONG_METHOD = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    MEDIA_TYPE = "unsupported_media_type"
    UNREADABLE_BODY = "unreadable_body"
    NO_OBJECT = "no_object"
    BAD_PATH_ID = "invalid_id"
    BAD_FRAMING = "bad_framing"
    URI_TOO_LONG = "uri_too_long"
    HEAD_TOO_LARGE = "head_too_large"
    TOO_MANY_REQUESTS = "too_many_requests"
    KEY_REUSED = "idempotency_key_reused"
    UNAVAILABLE = "unavailable"
    UNEXPECTED = "internal_error"


TOKEN_FAULTS = frozenset(
    {Fault.NO_TOKEN, Fault.BAD_TOKEN, Fault.TOKEN_EXPIRED, Fault.ACCOUNT_INACTIVE}
)


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How one fault reads: status and text per dialect; `matching` answers 200 unless
    `matching_status` says otherwise.
    """

    status: int
    title: str
    wellbeing: str
    accounts: str
    matching: str
    accounts_status: int | None = None
    matching_status: int = 200


# The contracts of `accounts` and `matching` know one refusal for every token that does not open.
_UNAUTHORIZED = "Unauthorized: User authentication failed"
_INVALID_SESSION = "Invalid session"

WORDINGS: Mapping[Fault, Wording] = {
    Fault.NO_TOKEN: Wording(
        status=401,
        title="Authentication is required.",
        wellbeing="Authentication credentials were not provided.",
        accounts=_UNAUTHORIZED,
        matching=_INVALID_SESSION,
    ),
    Fault.BAD_TOKEN: Wording(
        status=401,
        title="The token is not valid.",
        wellbeing="Invalid token",
        accounts=_UNAUTHORIZED,
        matching=_INVALID_SESSION,
    ),
    Fault.TOKEN_EXPIRED: Wording(
        status=401,
        title="The token has expired.",
        wellbeing="Token has expired",
        accounts=_UNAUTHORIZED,
        matching=_INVALID_SESSION,
    ),
    Fault.ACCOUNT_INACTIVE: Wording(
        status=401,
        title="The account is locked or erased.",
        wellbeing="User inactive or deleted",
        accounts=_UNAUTHORIZED,
        matching=_INVALID_SESSION,
    ),
    Fault.NOT_VERIFIED: Wording(
        status=403,
        title="The e-mail address is not verified.",
        wellbeing="You need to verify your email",
        accounts=_UNAUTHORIZED,
        matching=_INVALID_SESSION,
    ),
    Fault.ROLE_NOT_ALLOWED: Wording(
        status=403,
        title="Your role may not do this.",
        wellbeing="You do not have permission to perform this action.",
        accounts=_UNAUTHORIZED,
        accounts_status=401,
        matching="Not a client",
    ),
    Fault.PASSWORD_CHANGE_REQUIRED: Wording(
        status=403,
        title="Change your password first, then log in again.",
        wellbeing="You need to change your password first.",
        accounts="You need to change your password first",
        matching="You need to change your password first",
    ),
    Fault.SECOND_FACTOR_SETUP_REQUIRED: Wording(
        status=403,
        title="Set up a second factor first, then log in again.",
        wellbeing="You need to set up a second factor first.",
        accounts="You need to set up a second factor first",
        matching="You need to set up a second factor first",
    ),
    Fault.UNKNOWN_PATH: Wording(
        status=404,
        title="There is nothing at this path.",
        wellbeing="Not found.",
        accounts="Not found",
        matching="Not found",
    ),
    Fault.WRONG_METHOD: Wording(
        status=405,
        title="This method is not allowed here.",
        wellbeing='Method "{method}" not allowed.',
        accounts="Method not allowed",
        matching="Method not allowed",
    ),
    Fault.BODY_TOO_LARGE: Wording(
        status=413,
        title="The body is too large.",
        wellbeing="Body too large.",
        accounts="Body too large",
        matching="Body too large",
    ),
    Fault.MEDIA_TYPE: Wording(
        status=415,
        title="The body's media type is not supported.",
        wellbeing='Unsupported media type "{media_type}" in request.',
        accounts="Invalid request body",
        accounts_status=409,
        matching="Unreadable request body",
    ),
    Fault.UNREADABLE_BODY: Wording(
        status=400,
        title="The body cannot be read: {reason}.",
        wellbeing="JSON parse error - {reason}",
        accounts="Invalid request body",
        accounts_status=409,
        matching="Unreadable request body",
    ),
    Fault.NO_OBJECT: Wording(
        status=400,
        title="The body must be an object, not {found}.",
        wellbeing="Invalid data. Expected a dictionary, but got {found}.",
        accounts="Invalid request body",
        accounts_status=409,
        matching="Unreadable request body",
    ),
    Fault.BAD_PATH_ID: Wording(
        status=404,
        title="There is nothing at this path.",
        wellbeing="Not found.",
        accounts="Incorrect field",
        accounts_status=400,
        matching="Not found",
    ),
    Fault.BAD_FRAMING: Wording(
        status=400,
        title="The request's framing is ambiguous.",
        wellbeing="Malformed request.",
        accounts="Invalid request body",
        accounts_status=409,
        matching="Unreadable request body",
    ),
    Fault.URI_TOO_LONG: Wording(
        status=414,
        title="The URL is too long.",
        wellbeing="URL too long.",
        accounts="URL too long",
        matching="URL too long",
    ),
    Fault.HEAD_TOO_LARGE: Wording(
        status=431,
        title="The request's headers are too many or too long.",
        wellbeing="Headers too large.",
        accounts="Headers too large",
        matching="Headers too large",
    ),
    Fault.TOO_MANY_REQUESTS: Wording(
        status=429,
        title="Too many requests.",
        wellbeing="Request was throttled. Expected available in {seconds} seconds.",
        accounts="Too many requests",
        matching="Too many requests",
        matching_status=429,
    ),
    Fault.KEY_REUSED: Wording(
        status=409,
        title="This Idempotency-Key was used before with another body.",
        wellbeing="This Idempotency-Key was used before with another body.",
        accounts="Idempotency-Key reused",
        matching="Idempotency-Key reused",
    ),
    Fault.UNAVAILABLE: Wording(
        status=503,
        title="The service is not available at the moment.",
        wellbeing="Service unavailable.",
        accounts="Service unavailable",
        matching="Service unavailable",
        matching_status=503,
    ),
    Fault.UNEXPECTED: Wording(
        status=500,
        title="Something unexpected happened.",
        wellbeing="Internal server error.",
        accounts="Internal server error",
        matching="Internal server error",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a wording may name; every value is safe to show."""

    method: str = ""
    media_type: str = ""
    reason: str = ""
    found: str = ""
    retry_after_seconds: int | None = None
    allowed_methods: tuple[str, ...] = field(default=())


class Refused(Exception):
    """The gateway itself refuses the request; a dialect renders it."""

    def __init__(self, fault: Fault, circumstances: Circumstances | None = None) -> None:
        self.fault = fault
        self.circumstances = circumstances or Circumstances()
        super().__init__(fault.value)

    @property
    def wording(self) -> Wording:
        """Give the row of the table this refusal is worded by."""
        return WORDINGS[self.fault]

    def filled(self, text: str) -> str:
        """Put the circumstances into a wording."""
        if "{" not in text:
            return text
        told = self.circumstances
        return text.format(
            method=told.method,
            media_type=told.media_type,
            reason=told.reason,
            found=told.found,
            seconds=told.retry_after_seconds or 1,
        )

    @property
    def headers(self) -> dict[str, str]:
        """Give the headers that belong to the fault in every dialect: `Allow` and `Retry-After`."""
        headers: dict[str, str] = {}
        if self.circumstances.allowed_methods:
            headers["Allow"] = ", ".join(self.circumstances.allowed_methods)
        if self.fault in (Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE):
            headers["Retry-After"] = str(max(1, self.circumstances.retry_after_seconds or 1))
        return headers


def unavailable(retry_after_seconds: int = 1) -> Refused:
    """Build the refusal for an upstream or a store that does not answer."""
    return Refused(
        Fault.UNAVAILABLE, Circumstances(retry_after_seconds=max(1, retry_after_seconds))
    )


def unreadable_body(reason: str) -> Refused:
    """Build the refusal for a body that cannot be read; the reason is shown."""
    return Refused(Fault.UNREADABLE_BODY, Circumstances(reason=reason))


def wrong_method(method: str, allowed_methods: tuple[str, ...]) -> Refused:
    """Build the refusal for a method the path does not answer."""
    return Refused(
        Fault.WRONG_METHOD, Circumstances(method=method, allowed_methods=allowed_methods)
    )
