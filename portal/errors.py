"""The pages for what cannot be done: each says the next thing to do."""

import math
from http import HTTPStatus

import structlog
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from portal.forms import Form
from portal.languages import _
from portal.rendering import led_to
from portal.resuming import typed_meanwhile
from portal.state import state
from portal.visitors import DutyFirst, LoggedOut, LoginEnded
from shared.errors import Unavailable
from shared.logs import described_error

AWAY = "away"
MOST_PATH = 200


def register_error_pages(app: Flask) -> None:
    """Answer every refusal and every unknown exception with a page."""
    app.register_error_handler(LoggedOut, _logged_out)
    app.register_error_handler(DutyFirst, _duty_first)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(HTTPException, _http_refused)
    app.register_error_handler(Exception, _unexpected)


def page_about(status: HTTPStatus, title: str, text: str) -> Response:
    """Make a page that says what happened and leads on."""
    page = render_template("layouts/trouble.html", title=title, text=text, here=request.path)
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def _logged_out(error: LoggedOut) -> BaseResponse:
    if isinstance(error, LoginEnded):
        state().done = AWAY
    if typed := typed_meanwhile():
        return Response(
            render_template(
                "login_sessions/log_in.html",
                form=Form(), step="password", was_away=True, has_logged_out=False, typed=typed,
            ),
            status=HTTPStatus.FORBIDDEN, content_type="text/html; charset=utf-8",
        )  # fmt: skip
    if request.method == "GET" and len(request.path) <= MOST_PATH:
        state().next_page = request.path
    return led_to("login_sessions.log_in_form")


def _duty_first(_error: DutyFirst) -> BaseResponse:
    return led_to("login_sessions.login_sessions_page")


def _unavailable(error: Unavailable) -> Response:
    answer = page_about(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("This does not work right now"),
        _("The service does not answer. Nothing is lost. Try again in a minute."),
    )
    answer.headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    return answer


def _http_refused(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    if status == HTTPStatus.NOT_FOUND:
        return page_about(
            status, _("There is no such page"), _("The address may have been shortened.")
        )
    answer = page_about(
        status, _("This could not be read"), _("Nothing was changed. Open the page again.")
    )
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _unexpected(error: Exception) -> Response:
    structlog.get_logger().error(
        "unexpected_error", route=str(request.url_rule or ""), **described_error(error)
    )
    return page_about(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong on our side"),
        _("Nothing is lost. Try again in a minute."),
    )
