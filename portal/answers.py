"""What every answer carries, and the one log line of a request.

Nothing is loaded from elsewhere, nothing is framed, kept by caches, found by search engines, or
told to the next site.
"""

import time

import structlog
from flask import Flask, Response, g, request

from portal.gateway_client import one_page
from shared.logs import correlation, usable_request_id

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_UNLOGGED = frozenset({"healthz", "readyz"})


def register_answers(app: Flask) -> None:
    """Add headers, request id and log line to everything."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_leave)


def _begin() -> None:
    g.began = time.perf_counter()
    g.entered = [correlation(usable_request_id(request.headers.get("X-Request-ID"))), one_page()]
    g.request_id = g.entered[0].__enter__()
    g.entered[1].__enter__()


def _finish(answer: Response) -> Response:
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    if request.endpoint != "static":
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Vary"] = "Accept-Language, Cookie"
    answer.headers["X-Request-ID"] = g.request_id
    if request.endpoint not in _UNLOGGED:
        structlog.get_logger().info(
            "request",
            method=request.method,
            route=str(request.url_rule) if request.url_rule else "none",
            status=answer.status_code,
            duration_ms=round((time.perf_counter() - g.began) * 1000, 1),
        )
    return answer


def _leave(_error: BaseException | None) -> None:
    for entered in reversed(g.pop("entered", [])):
        entered.__exit__(None, None, None)
