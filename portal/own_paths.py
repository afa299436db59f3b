"""Which paths are these pages' own: nobody is led elsewhere, and nothing is sent elsewhere."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

FIRST_PAGE = "first_pages.first_page"


def page_of_ours(path: str) -> str:
    """Give the path when it is one of these pages, else the first page's."""
    endpoint, values = _matched(path, "GET")
    return url_for(endpoint, **values) if endpoint else url_for(FIRST_PAGE)


def noun_of_form(path: str) -> str:
    """Give the noun whose form is sent to a path; nothing when it is no form of these pages."""
    return _matched(path, "POST")[0].partition(".")[0]


def _matched(path: str, method: str) -> tuple[str, Mapping[str, Any]]:
    try:
        endpoint, values = current_app.url_map.bind("").match(path, method=method)
    except (HTTPException, RequestRedirect):
        return "", {}
    return (endpoint, values) if "." in endpoint else ("", {})
