"""The visitor's state around a request: read from their cookie before it, written after one that
changed something.
"""

from flask import Flask, Response, g, request

from portal.cookies import COOKIE
from portal.parts import parts
from portal.state import State


def register_cookie(app: Flask) -> None:
    """Read the cookie before a request and write it after one that changed something."""
    app.before_request(_read)
    app.after_request(_write)


def _read() -> None:
    value = request.cookies.get(COOKIE, "")
    g.state = parts().jar.opened(value) if value else State()
    g.state_before = g.state.as_json() if value else {}


def _write(answer: Response) -> Response:
    now = g.state.as_json() if "state" in g else None
    if now is None or now == g.state_before:
        return answer
    if now:
        answer.set_cookie(
            COOKIE, parts().jar.sealed(g.state),
            secure=True, httponly=True, samesite="Lax", path="/",
        )  # fmt: skip
    else:
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return answer
