"""Signing up."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.code_lists import options
from portal.forms import Form, posted_form
from portal.languages import _, language
from portal.rendering import led_to, rendered
from portal.state import state
from portal.visitors import ask

blueprint = Blueprint("registrations", __name__)
SIGNED_UP = "signed-up"


@blueprint.get("/sign-up")
def sign_up_form() -> Response:
    """Ask for what an account needs, or say that the mail is on its way."""
    if state().take_done() == SIGNED_UP:
        return rendered("registrations/mail_sent.html", Form())
    return _page(Form())


@blueprint.post("/sign-up")
def sign_up() -> Response:
    """Open the account; it is proved by the mail."""
    form = posted_form()
    form.require(
        first_name=_("Write what you want to be called."),
        email=_("Write your e-mail address."),
        password=_("Choose a password."),
    )
    if form.is_refused:
        return _page(form)
    body = {
        "first_name": form.value("first_name").strip(),
        "email": form.value("email").strip(),
        "password": form.value("password"),
        "locale": language(),
    }
    if form.value("time_zone"):
        body["time_zone"] = form.value("time_zone")
    answer = ask("POST", "/api/v1/registrations", body)
    if answer.is_success:
        state().done, state().sign_up_secret = SIGNED_UP, answer.json.get("secret", "")
        return led_to("registrations.sign_up_form")
    if answer.has_error_of("first_name"):
        form.refuse_field("first_name", _("This name cannot be used. Write another one."))
    else:
        form.refuse_as(answer)
    return _page(form)


def _page(form: Form) -> Response:
    zones = [("", _("I choose it later")), *options("time_zones")]
    return rendered("registrations/sign_up.html", form, zones=zones)
