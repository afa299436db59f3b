"""Confirming an address, a new account's or a changed one, and asking for another mail."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.asking_for_mail import AskingForMail
from portal.mailed_links import MailedLink

blueprint = Blueprint("verifications", __name__)
_CONFIRMING = MailedLink(
    page="confirm-address",
    template="verifications/confirm_address.html",
    operation="/api/v1/verifications",
    stages={"email_change": "changed", "email_correction": "changed"},
    shows_sign_up=True,
)
_ASKING = AskingForMail(
    page="new-confirmation",
    template="verifications/new_confirmation.html",
    operation="/api/v1/verification-codes",
)


@blueprint.get("/confirm-address")
def confirm_address_form() -> Response:
    """Ask whether the address shall be confirmed."""
    return _CONFIRMING.opened()


@blueprint.post("/confirm-address")
def confirm_address() -> Response:
    """Confirm it."""
    return _CONFIRMING.sent()


@blueprint.get("/new-confirmation")
def new_confirmation_form() -> Response:
    """Ask for the address the mail did not reach."""
    return _ASKING.opened()


@blueprint.post("/new-confirmation")
def new_confirmation() -> Response:
    """Have the mail sent again."""
    return _ASKING.sent()
