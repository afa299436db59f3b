"""What has happened: notifications."""

from http import HTTPStatus

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.languages import _
from portal.readers import reader
from portal.rendering import led_to, rendered
from portal.visitors import ask_as_oneself, read

blueprint = Blueprint("notifications", __name__)
MOST_SHOWN = 50


@blueprint.get("/news")
def notifications_page() -> Response:
    """Show the newest notifications."""
    return _page(Form())


@blueprint.post("/news/read")
def read_all() -> Response:
    """Mark all as read."""
    form = posted_form()
    if form.is_refused:
        return _page(form)
    answer = ask_as_oneself("POST", "/api/v1/notifications/read")
    if not answer.is_success:
        form.refuse_as(answer)
        return _page(form)
    return _to_page()


@blueprint.post("/news/remove")
def remove() -> Response:
    """Take one from the list."""
    form = posted_form()
    identifier = form.number("notification_id")
    if not form.is_refused and identifier is None:
        form.refuse(_("This did not work. Nothing was changed."))
    if form.is_refused:
        return _page(form)
    answer = ask_as_oneself("DELETE", f"/api/v1/notifications/{identifier}")
    if answer.is_success or answer.status == HTTPStatus.NOT_FOUND:
        return _to_page()
    form.refuse_as(answer)
    return _page(form)


def _page(form: Form) -> Response:
    return rendered(
        "notifications/notifications.html",
        form,
        notifications=read(f"/api/v1/notifications?limit={MOST_SHOWN}")["items"],
        zone=reader().zone,
    )


def _to_page() -> Response:
    return led_to("notifications.notifications_page")
