"""Choosing the language of the pages."""

from http import HTTPStatus

from flask import Blueprint, current_app, redirect, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from portal.catalogues import LANGUAGES
from portal.forms import posted_form
from portal.state import state

blueprint = Blueprint("languages", __name__)


@blueprint.post("/language")
def choose_language() -> Response:
    """Remember the language and go back to the page it was chosen on."""
    form = posted_form()
    if not form.is_refused and form.value("language") in LANGUAGES:
        state().language = form.value("language")
    return redirect(page_of_ours(form.value("here")), HTTPStatus.SEE_OTHER)


def page_of_ours(path: str) -> str:
    """Give the path when it is one of these pages: nobody is led elsewhere."""
    try:
        endpoint, values = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        endpoint, values = "", {}
    is_page = "." in endpoint
    return url_for(endpoint, **values) if is_page else url_for("first_pages.first_page")
