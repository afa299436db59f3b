"""What a person may set: language, zone, country, mails; and the way to everything else."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.code_lists import options
from portal.forms import Form, posted_form
from portal.languages import _
from portal.rendering import led_to, rendered
from portal.state import role, state
from portal.visitors import ask_as_oneself, read

blueprint = Blueprint("settings", __name__)
SAVED = "saved"
_MAILS = (
    "appointments_notification",
    "results_notification",
    "email_notification",
    "marketing_email",
)


@blueprint.get("/settings")
def settings_page() -> Response:
    """Show the settings."""
    return _page(Form())


@blueprint.post("/settings/person")
def set_person() -> Response:
    """Keep language, zone and country; the pages speak that language from now on."""
    form = posted_form()
    if form.is_refused:
        return _page(form)
    body = {name: form.value(name) or None for name in ("locale", "time_zone", "country")}
    if body["time_zone"] is None:
        del body["time_zone"]
    answer = ask_as_oneself("PATCH", "/api/v1/profiles/me", body)
    if answer.is_success:
        state().language = body["locale"] or state().language
        return _saved()
    for name in ("locale", "time_zone", "country"):
        if answer.has_error_of(name):
            form.refuse_field(name, _("Choose one of the list."))
    if not form.is_refused:
        form.refuse_as(answer)
    return _page(form)


@blueprint.post("/settings/mails")
def set_mails() -> Response:
    """Keep what is mailed."""
    form = posted_form()
    if form.is_refused:
        return _page(form)
    body = {name: name in form.values for name in _MAILS}
    answer = ask_as_oneself("PATCH", "/api/v1/notification-settings/me", body)
    if answer.is_success:
        return _saved()
    form.refuse_as(answer)
    return _page(form)


def _page(form: Form) -> Response:
    profile = read("/api/v1/profiles/me")
    said = state().take_done()
    return rendered(
        "settings/settings.html",
        form,
        profile=profile,
        mails=read("/api/v1/notification-settings/me"),
        countries=[("", _("I do not say")), *options("countries")],
        zones=options("time_zones"),
        has_saved=said == SAVED,
        role=role(),
    )


def _saved() -> Response:
    state().done = SAVED
    return led_to("settings.settings_page")
