"""Whom to call now; open to everybody, logged in or not."""

from flask import Blueprint
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.code_lists import options
from portal.forms import Form, posted_form
from portal.languages import language
from portal.readers import reader
from portal.rendering import rendered
from portal.state import state
from portal.visitors import DutyFirst, LoggedOut, read_open
from shared.errors import Unavailable

blueprint = Blueprint("help_lines", __name__)


@blueprint.get("/help")
def help_page() -> Response:
    """Show the help lines of the reader's country."""
    return _page(Form(), _own_country())


@blueprint.post("/help")
def help_of_country() -> Response:
    """Show those of another country; the country stands in no URL."""
    form = posted_form()
    return _page(form, form.value("country")[:2])


def _page(form: Form, country: str) -> Response:
    where = f"&country={country}" if country.isascii() and country.isalpha() else ""
    try:
        found = read_open(f"/api/v1/help-lines?locale={language()}{where}")
        countries = options("countries")
    except (Unavailable, NotFound):
        found, countries = {"emergency_number": "112", "items": []}, []
    return rendered("help_lines/help.html", form, found=found, countries=countries, country=country)


def _own_country() -> str:
    """Give the country of the reader's profile; nothing stands between a person and this page."""
    if state().login is None:
        return ""
    try:
        return reader().country
    except (LoggedOut, DutyFirst, Unavailable):
        return ""
