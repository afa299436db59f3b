"""The first page: what this is, or what is coming for who is logged in."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.forms import Form
from portal.readers import reader
from portal.rendering import led_to, rendered
from portal.state import role, state
from portal.visitors import read

blueprint = Blueprint("first_pages", __name__)
MOST_COMING = 5
_WITH_APPOINTMENTS = frozenset({"client", "therapist"})


@blueprint.get("/")
def first_page() -> Response:
    """Say what this is; to who is logged in, what is coming and what is new."""
    if state().login is None:
        return rendered("first_pages/welcome.html", Form())
    if role() not in _WITH_APPOINTMENTS:
        return led_to("login_sessions.login_sessions_page")
    person = reader()
    coming = read(f"/api/v1/appointments?when=coming&limit={MOST_COMING}")["items"]
    conversations = read("/api/v1/conversations?limit=50")["items"]
    return rendered(
        "first_pages/first_page.html",
        Form(),
        person=person,
        role=role(),
        coming=coming,
        unread_messages=sum(each["unread_count"] for each in conversations),
        unread_notifications=read("/api/v1/notifications/unread-count")["count"],
    )
