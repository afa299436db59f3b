"""Who is at the other end, and calling the API for them, with their token where they have one.

A visitor's address is what the gateway says, which shows the key only the two of them know; anybody
else is taken for who they connect as.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import request
from werkzeug.exceptions import NotFound

from portal.gateway_client import PORTAL_KEY_HEADER, ApiAnswer, Visitor
from portal.languages import language
from portal.parts import parts
from portal.state import Login, state
from shared.errors import Unavailable

MOST_DEVICE_CHARACTERS = 512
# A token that ends while the call is on its way would be refused.
REFRESHED_BEFORE = timedelta(seconds=10)
# Refusals that no other token would change.
ABOUT_WHAT_WAS_SHOWN = frozenset({"second_factor_not_accepted"})
# What the API lets nothing else be done before.
DUTIES = frozenset({"password_change_required", "second_factor_setup_required"})
_NOT_THEIRS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class LoggedOut(Exception):
    """There is no login session."""


class LoginEnded(LoggedOut):
    """There was a login session, and it has ended."""


class DutyFirst(Exception):
    """Something has to be done before anything else."""


def visitor() -> Visitor:
    """Describe who is answered now."""
    device = request.headers.get("User-Agent", "").encode("ascii", "ignore").decode()
    return Visitor(
        address=_address(), device=device[:MOST_DEVICE_CHARACTERS].strip(), language=language()
    )


def ask(method: str, path: str, body: object = None) -> ApiAnswer:
    """Call the API for the visitor, without a token.

    Raises:
        Unavailable: it does not answer.
    """
    return parts().gateway.call(method, path, body, visitor=visitor())


def read_open(path: str) -> Any:
    """Read something of the API that is open to everybody.

    Raises:
        NotFound: there is none.
        Unavailable: the API does not answer, or refuses for another reason.
    """
    return _found(ask("GET", path))


def read(path: str) -> Any:
    """Read something of the API with the visitor's token.

    Raises:
        DutyFirst: they have to do something else first.
        LoggedOut: nobody is logged in, or the login session has ended.
        NotFound: there is none, or it is not theirs.
        Unavailable: the API does not answer, or refuses for another reason.
    """
    return _found(ask_as_oneself("GET", path))


def _found(answer: ApiAnswer) -> Any:
    if answer.is_success:
        return answer.json
    if answer.code in DUTIES:
        raise DutyFirst
    if answer.status in _NOT_THEIRS:
        raise NotFound
    raise Unavailable


def ask_as_oneself(
    method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
) -> ApiAnswer:
    """Call the API with the visitor's token, which is exchanged when its time is over.

    Raises:
        LoggedOut: nobody is logged in.
        LoginEnded: the login session has ended.
        Unavailable: the API does not answer, or takes no exchange now.
    """
    login = state().login
    if login is None:
        raise LoggedOut
    now = parts().clock.now()
    if datetime.fromisoformat(login.expires_at) - REFRESHED_BEFORE <= now:
        return _ask_with(_refreshed(login), method, path, body, headers)
    answer = _ask_with(login, method, path, body, headers)
    if answer.status == HTTPStatus.UNAUTHORIZED and answer.code not in ABOUT_WHAT_WAS_SHOWN:
        answer = _ask_with(_refreshed(login), method, path, body, headers)
    return answer


def ask_once(method: str, path: str, body: object, *, key: str) -> ApiAnswer:
    """Call the API as `ask_as_oneself` does; it does once what comes with the same key, the one a
    form was drawn with, however often the form is sent.
    """
    return ask_as_oneself(method, path, body, headers={"Idempotency-Key": key} if key else None)


def keep_login(tokens: dict[str, Any]) -> Login:
    """Remember the tokens a login or a refresh has given, and whose they are."""
    account = tokens["account"]
    login = Login(
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        expires_at=tokens["expires_at"],
        account_id=account["id"],
        role=account.get("role", ""),
    )
    state().login = login
    return login


def renew_login() -> None:
    """Exchange the tokens of a login session that goes on, because what they say is over.

    Raises:
        LoginEnded: it has ended.
        Unavailable: the API does not answer, or takes no exchange now.
    """
    login = state().login
    if login is not None:
        _refreshed(login)


def _ask_with(
    login: Login, method: str, path: str, body: object, headers: Mapping[str, str] | None
) -> ApiAnswer:
    return parts().gateway.call(
        method, path, body, visitor=visitor(), token=login.access_token, more_headers=headers
    )


def _refreshed(login: Login) -> Login:
    answer = ask("POST", "/api/v1/login-sessions/refresh", {"refresh_token": login.refresh_token})
    if answer.is_success:
        return keep_login(answer.json)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Unavailable
    state().login = None
    raise LoginEnded


def _address() -> str:
    shown = request.headers.get(PORTAL_KEY_HEADER, "").encode()
    if secrets.compare_digest(shown, parts().portal_key.encode()):
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if told:
            return told
    return request.remote_addr or "unknown"
