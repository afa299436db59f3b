"""Accepting an invitation: choosing the password of an account staff have opened."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.languages import _
from portal.mailed_links import MailedLink

blueprint = Blueprint("invitations", __name__)
_ACCEPTING = MailedLink(
    page="accept-invitation",
    template="invitations/accept_invitation.html",
    operation="/api/v1/invitations/acceptance",
)


@blueprint.get("/accept-invitation")
def accept_invitation_form() -> Response:
    """Ask for a password."""
    return _ACCEPTING.opened()


@blueprint.post("/accept-invitation")
def accept_invitation() -> Response:
    """Accept it."""
    return _ACCEPTING.sent(password=_("Choose a password."))
