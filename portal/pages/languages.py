"""Choosing the language of the pages."""

from http import HTTPStatus

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from portal.catalogues import LANGUAGES
from portal.forms import posted_form
from portal.own_paths import page_of_ours
from portal.state import state

blueprint = Blueprint("languages", __name__)


@blueprint.post("/language")
def choose_language() -> Response:
    """Remember the language and go back to the page it was chosen on."""
    form = posted_form()
    if not form.is_refused and form.value("language") in LANGUAGES:
        state().language = form.value("language")
    return redirect(page_of_ours(form.value("here")), HTTPStatus.SEE_OTHER)
