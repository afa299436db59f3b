"""The one tree of errors a service refuses with; what each means in HTTP stands only in
`shared/http/errors.py`.

ServiceError                 a refusal with a stable `code`
├── InvalidRequest           the input is malformed
├── NotAuthenticated         nobody proved who they are
├── NotAllowed               known caller, forbidden act
├── NotFound                 not there, or not yours
├── Conflict                 the present state forbids it
├── PreconditionRequired     exists, and the request does not say which state it read
├── PreconditionFailed       changed since the state the request read
├── TooManyRequests          slow down
└── Unavailable              a dependency failed
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class ServiceError(Exception):
    """A refusal. The message is safe to show; details hold identifiers and names of fields only.

    `code` is part of the contract: snake case of the class name unless the class says otherwise.
    Clients read of it at `/problems/<code>`: the docstring says when it comes, `remedy` what they
    do then (what its status says unless the class does), `members` what its details are, as JSON
    schemas.
    """

    code: ClassVar[str] = "service_error"
    message: ClassVar[str] = "The request was refused."
    remedy: ClassVar[str] = ""
    members: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            cls.code = _snake_case(cls.__name__)

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.detail = message or self.message
        self.details = details
        super().__init__(self.detail)


class InvalidRequest(ServiceError):
    """The input is malformed. `errors` maps a field to its texts."""

    message = "The request is not valid."

    def __init__(
        self,
        message: str | None = None,
        *,
        errors: dict[str, list[str]] | None = None,
        **details: object,
    ) -> None:
        if errors is not None:
            details["errors"] = errors
        super().__init__(message, **details)


class NotAuthenticated(ServiceError):
    """Nobody proved who they are."""

    message = "Authentication is required."


class NotAllowed(ServiceError):
    """A known caller asked for a forbidden act."""

    message = "You may not do this."


class NotFound(ServiceError):
    """It is not there, or it exists and is not yours: both answer alike."""

    message = "There is no such thing."


class Conflict(ServiceError):
    """The present state forbids it."""

    message = "The present state does not allow this."


class _Delayed(ServiceError):
    def __init__(
        self, message: str | None = None, *, retry_after_seconds: int = 1, **details: object
    ) -> None:
        self.retry_after_seconds = max(1, retry_after_seconds)
        super().__init__(message, **details)


class PreconditionRequired(ServiceError):
    """What exists is changed only by who says which state of it they have read."""

    message = "Read it first, and send its ETag as If-Match."


class PreconditionFailed(ServiceError):
    """It was changed since the state the request was written from."""

    message = "It was changed meanwhile; read it again."


class TooManyRequests(_Delayed):
    """The caller must slow down for `retry_after_seconds`."""

    message = "Too many requests."


class Unavailable(_Delayed):
    """A dependency failed; the same request may succeed after `retry_after_seconds`."""

    message = "The service is not available at the moment."
