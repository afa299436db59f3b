"""The visitor's state around a request: read from their cookies before it; after it each cookie is
written whose part was changed.
"""

from dataclasses import asdict
from typing import Any

from flask import Flask, Response, g, request

from portal.cookies import COOKIE, LOGIN_COOKIE
from portal.parts import parts
from portal.state import State

# Browsers take 4096 bytes of name and value.
MOST_CHARACTERS = 4096 - len(COOKIE) - 1


def register_cookies(app: Flask) -> None:
    """Read the cookies before a request and write what it changed."""
    app.before_request(_read)
    app.after_request(_write)


def _read() -> None:
    value, login = request.cookies.get(COOKIE, ""), request.cookies.get(LOGIN_COOKIE, "")
    g.state = parts().jar.opened(value, login)
    g.state_before = g.state.as_json() if value else {}
    g.login_before = g.state.login


def _write(answer: Response) -> Response:
    if "state" not in g:
        return answer
    login = g.state.login
    if g.state.as_json() != g.state_before:
        _make_room(g.state)
        _keep(answer, COOKIE, g.state.as_json())
    if login != g.login_before:
        _keep(answer, LOGIN_COOKIE, asdict(login) if login else {})
    return answer


def _make_room(state: State) -> None:
    """Forget the oldest links until a browser takes the cookie."""
    while state.links and len(parts().jar.sealed(state.as_json())) > MOST_CHARACTERS:
        state.links.pop(0)


def _keep(answer: Response, name: str, kept: dict[str, Any]) -> None:
    if kept:
        answer.set_cookie(
            name, parts().jar.sealed(kept), secure=True, httponly=True, samesite="Lax", path="/"
        )
    else:
        answer.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")
