"""The one status table, and problem documents (RFC 9457) for everything a service refuses."""

import math
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from shared import strict_json
from shared.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from shared.logs import current_correlation_id, described_error
from shared.problems import Problem, title_of, type_of

PROBLEM_TYPE = "application/problem+json"

STATUS_OF: dict[type[ServiceError], HTTPStatus] = {
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    PreconditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

HTTP_PROBLEMS: Mapping[int, Problem] = {
    each.status: each
    for each in (
        Problem(
            code="unreadable_body",
            status=400,
            sentence="The body cannot be read.",
            meaning="The body is no JSON, or more or deeper than any reader takes.",
        ),
        Problem(code="not_found", status=404, sentence="There is nothing at this path."),
        Problem(code="method_not_allowed", status=405, sentence="This method is not allowed here."),
        Problem(
            code="body_too_large",
            status=413,
            sentence="The body is too large.",
            meaning="More than 64 KiB, or 5 MiB for a picture.",
        ),
        Problem(
            code="unsupported_media_type",
            status=415,
            sentence="The body's media type is not supported.",
            meaning="The operation reads another `Content-Type`, or no compressed body.",
        ),
    )
}
"""What Flask refuses before any of our errors is raised, by status."""


class UnreadableBody(HTTPException):
    """The body is no acceptable JSON (400)."""

    code = 400


class UnsupportedMediaType(HTTPException):
    """The body is not of the type this operation reads (415)."""

    code = 415
    description = "The body's media type is not supported here."


def problem(
    status: int, code: str, detail: str, details: dict[str, object] | None = None
) -> Response:
    """Build the problem document's answer."""
    body: dict[str, object] = {
        "type": type_of(code),
        "title": title_of(code),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current_correlation_id() or "",
        **(details or {}),
    }
    return Response(strict_json.dumps(body), status=status, content_type=PROBLEM_TYPE)


def status_of(error: ServiceError) -> HTTPStatus:
    """Give the status of the nearest class in the table."""
    return status_of_class(type(error))


def status_of_class(error: type[ServiceError]) -> HTTPStatus:
    """Give the status errors of a class are answered with."""
    for kind in error.__mro__:
        if kind in STATUS_OF:
            return STATUS_OF[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _refused(error: ServiceError) -> Response:
    status = status_of(error)
    answer = problem(status, error.code, error.detail, error.details)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRequests | Unavailable):
        answer.headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    return answer


def _texts_by_field(messages: object) -> dict[str, list[str]]:
    """Flatten webargs' messages ({location: {field: [text] or nested}}) to dotted fields."""
    found: dict[str, list[str]] = {}

    def walk(path: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{path}.{key}" if path else str(key), inner)
        elif isinstance(value, list):
            found.setdefault(path or "body", []).extend(str(text) for text in value)
        else:
            found.setdefault(path or "body", []).append(str(value))

    if isinstance(messages, dict):
        for inner in messages.values():
            walk("", inner)
    return found


def _http_refused(error: HTTPException) -> Response:
    status = error.code or 500
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        messages = getattr(error, "data", {}).get("messages")
        invalid = InvalidRequest(errors=_texts_by_field(messages))
        return _refused(invalid)
    answer = problem(
        status,
        HTTP_PROBLEMS[status].code if status in HTTP_PROBLEMS else "refused",
        error.description or "The request was refused.",
    )
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _unexpected(error: Exception) -> Response:
    structlog.get_logger().error(
        "unexpected_error", route=str(request.url_rule or ""), **described_error(error)
    )
    return problem(500, "internal_error", "Something went wrong on our side.")


def register_error_handlers(app: Flask) -> None:
    """Answer every refusal and every unknown exception with a problem document."""
    app.register_error_handler(ServiceError, _refused)
    app.register_error_handler(HTTPException, _http_refused)
    app.register_error_handler(Exception, _unexpected)
