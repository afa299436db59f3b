"""Undoing a change of address from the old mailbox."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.mailed_links import MailedLink

blueprint = Blueprint("email_changes", __name__)
_UNDOING = MailedLink(
    page="undo-email-change",
    template="email_changes/undo_email_change.html",
    operation="/api/v1/email-changes/undo",
)


@blueprint.get("/undo-email-change")
def undo_email_change_form() -> Response:
    """Ask whether the change shall be undone."""
    return _UNDOING.opened()


@blueprint.post("/undo-email-change")
def undo_email_change() -> Response:
    """Undo it."""
    return _UNDOING.sent()
