"""A forgotten password: asking for the mail, and setting another one."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.asking_for_mail import AskingForMail
from portal.languages import _
from portal.mailed_links import MailedLink

blueprint = Blueprint("password_resets", __name__)
_ASKING = AskingForMail(
    page="forgot-password",
    template="password_resets/forgot_password.html",
    operation="/api/v1/password-resets",
)
_SETTING = MailedLink(
    page="set-password",
    template="password_resets/set_password.html",
    operation="/api/v1/password-resets/confirm",
)


@blueprint.get("/forgot-password")
def forgot_password_form() -> Response:
    """Ask for the account's address."""
    return _ASKING.opened()


@blueprint.post("/forgot-password")
def forgot_password() -> Response:
    """Have the mail sent."""
    return _ASKING.sent()


@blueprint.get("/set-password")
def set_password_form() -> Response:
    """Ask for the new password."""
    return _SETTING.opened()


@blueprint.post("/set-password")
def set_password() -> Response:
    """Set it."""
    return _SETTING.sent(password=_("Choose a password."))
