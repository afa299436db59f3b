"""The one status table, and problem documents (RFC 9457) for everything a service refuses."""

import math
from http import HTTPStatus

import structlog
from flask import Flask, Response, request
from marshmallow import INCLUDE, Schema, fields
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
from shared.http.openapi import MAY_BE_MISSING
from shared.logs import current_correlation_id, described_error

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

_CODE_OF_STATUS = {
    400: "unreadable_body",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


class ProblemSchema(Schema):
    """A problem document; some codes add members of their own, such as `maximum` or `reasons`."""

    class Meta:
        """The OpenAPI lets further members stand."""

        unknown = INCLUDE

    type = fields.String(metadata={"description": "always about:blank; `code` tells the kind"})
    title = fields.String(metadata={"description": "the status's phrase"})
    status = fields.Integer(metadata={"description": "the HTTP status"})
    detail = fields.String(metadata={"description": "a sentence that may be shown"})
    code = fields.String(metadata={"description": "stable snake_case code of the refusal"})
    request_id = fields.String(metadata={"description": "quote this when asking for help"})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={
            MAY_BE_MISSING: True,
            "description": "for code invalid_request: texts by field",
        },
    )


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
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current_correlation_id() or "",
        **(details or {}),
    }
    return Response(strict_json.dumps(body), status=status, content_type=PROBLEM_TYPE)


def status_of(error: ServiceError) -> HTTPStatus:
    """Give the status of the nearest class in the table."""
    for kind in type(error).__mro__:
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
        _CODE_OF_STATUS.get(status, "refused"),
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
