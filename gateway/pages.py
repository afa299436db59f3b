"""The gateway's own pages for people: the index at `/`, and the docs, whose scripts and styles come
from this host alone.
"""

from pathlib import Path

import flask_swagger_ui
from flask import Flask, Request, Response, abort, render_template, request, send_from_directory

from shared import strict_json

INDEX = {
    "status": True,
    "name": "Hearth",
    "docs": "/docs",
    "openapi": "/openapi.json",
    "health": "/readyz",
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_OWN_FILES = frozenset({"docs.css", "page.css", "start.js"})
_SWAGGER_FILES = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})


def register_pages(app: Flask) -> None:
    """Add `/`, `/docs` and what the docs page loads."""
    app.add_url_rule("/", "index", _index, methods=["GET", "POST"])
    app.add_url_rule("/docs", "docs", _docs)
    app.add_url_rule("/docs/", "docs_with_slash", _docs)
    app.add_url_rule("/docs/<name>", "docs_file", _docs_file)


def _index() -> Response:
    """Answer with links: a page where `Accept` prefers one, JSON otherwise."""
    if wants_page(request):
        answer = page("index.html")
    else:
        answer = Response(strict_json.dumps(INDEX), content_type="application/json")
    answer.headers["Vary"] = "Accept"
    return answer


def _docs() -> Response:
    return page("docs.html")


def wants_page(asked: Request) -> bool:
    """Tell whether `Accept` prefers a page to JSON."""
    offered = ["application/json", "text/html"]
    return asked.accept_mimetypes.best_match(offered, default=offered[0]) == "text/html"


def page(template: str, **values: object) -> Response:
    """Answer with a page that loads nothing from outside."""
    answer = Response(render_template(template, **values), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = _PAGE_POLICY
    return answer


def _docs_file(name: str) -> Response:
    if name in _OWN_FILES:
        directory = Path(__file__).parent / "static"
    elif name in _SWAGGER_FILES:
        directory = Path(flask_swagger_ui.__file__).parent / "dist"
    else:
        abort(404)
    answer = send_from_directory(directory, name)
    # Read whole: the gateway knows every answer's length.
    answer.direct_passthrough = False
    return answer
