"""Logging in and out; seeing and ending one's own login sessions."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from portal.devices import device_name
from portal.errors import AWAY
from portal.formats import moment
from portal.forms import Form, posted_form, renew_form_key
from portal.gateway_client import ApiAnswer
from portal.languages import _
from portal.own_paths import page_of_ours
from portal.parts import parts
from portal.readers import zone_said
from portal.rendering import led_to, rendered
from portal.resuming import Typed, typed_before
from portal.state import Credentials, state
from portal.visitors import DUTIES, ask, ask_as_oneself, keep_login
from shared.errors import Unavailable

blueprint = Blueprint("login_sessions", __name__)
LOGGED_OUT = "logged-out"
ENDED = "ended"
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class ShownLoginSession:
    """A login session as the page shows it; times are in the person's zone."""

    id: str
    device: str
    address: str
    began: str
    last_seen: str
    is_current: bool

    @classmethod
    def of(cls, item: dict[str, Any], zone: str) -> "ShownLoginSession":
        """Read an item of the API's list."""
        return cls(
            id=item["id"],
            device=device_name(item["device"]),
            address=item["address"],
            began=moment(item["created_at"], zone),
            last_seen=moment(item["last_seen_at"], zone),
            is_current=item["is_current"],
        )


@blueprint.get("/login-sessions")
def login_sessions_page() -> Response:
    """Show the running login sessions, this one first."""
    return _listed(Form())


@blueprint.post("/login-sessions/end")
def end_login_session() -> Response:
    """End one of them."""
    form = posted_form()
    identifier = form.value("id")
    if not form.is_refused and not _IDENTIFIER.fullmatch(identifier):
        form.refuse(_("This did not work. Nothing was changed."))
    if form.is_refused:
        return _listed(form)
    return _ended(ask_as_oneself("DELETE", f"/api/v1/login-sessions/{identifier}"))


@blueprint.post("/login-sessions/end-others")
def end_other_login_sessions() -> Response:
    """End all but this one."""
    form = posted_form()
    if form.is_refused:
        return _listed(form)
    return _ended(ask_as_oneself("DELETE", "/api/v1/login-sessions"))


@blueprint.get("/log-in")
def log_in_form() -> Response:
    """Ask for address and password, or for the second factor when they were right."""
    if state().login is not None:
        return _to("login_sessions_page")
    return _log_in_page(Form())


@blueprint.post("/log-in")
def log_in() -> Response:
    """Log in, or go on to the second factor."""
    form = posted_form()
    if "start_again" in form.values:
        state().credentials = None
        return _to("log_in_form")
    body = _proofs(form)
    if form.is_refused:
        return _log_in_page(form)
    answer = ask("POST", "/api/v1/login-sessions", body)
    typed = typed_before(form.values)
    if answer.is_success:
        return _logged_in(answer, typed)
    if answer.code == "second_factor_required":
        state().credentials = Credentials(
            email=body["email"],
            password=body["password"],
            given_at=parts().clock.now().isoformat(),
        )
        return (
            _to("log_in_form")
            if typed is None
            else _log_in_page(Form(values=typed.fields, is_ours=True))
        )
    _refuse(form, answer)
    return _log_in_page(form)


@blueprint.post("/log-out")
def log_out() -> Response:
    """End this login session and forget the visitor."""
    form = posted_form()
    if form.is_refused:
        return _listed(form)
    ask_as_oneself("DELETE", "/api/v1/login-sessions/current")
    return _forgotten()


def _logged_in(answer: ApiAnswer, typed: Typed | None) -> Response:
    """Lead to the page that was asked for, else to the first one; show what was typed before."""
    keep_login(answer.json)
    wanted, state().next_page = state().next_page, ""
    state().credentials, state().done = None, ""
    renew_form_key()
    if typed is not None:
        return rendered("login_sessions/go_on.html", Form(), typed=typed)
    return redirect(
        page_of_ours(wanted) if wanted else url_for("first_pages.first_page"), HTTPStatus.SEE_OTHER
    )


def _proofs(form: Form) -> dict[str, str]:
    """Give what the API wants to know; the second step adds to what was right in the first."""
    kept = state().credentials
    if kept is not None and "second_factor" in form.values:
        form.require(second_factor=_("Write the code."))
        second_factor = form.value("second_factor").strip()
        return {"email": kept.email, "password": kept.password, "second_factor": second_factor}
    form.require(email=_("Write your e-mail address."), password=_("Write your password."))
    return {"email": form.value("email").strip(), "password": form.value("password")}


def _refuse(form: Form, answer: ApiAnswer) -> None:
    if answer.code == "second_factor_not_accepted":
        form.refuse_field("second_factor", _("This code is not right, or was used before."))
    elif answer.status == HTTPStatus.UNAUTHORIZED:
        state().credentials = None
        form.refuse_field("password", _("Address and password do not fit together."))
    elif answer.status == HTTPStatus.FORBIDDEN:
        form.refuse(_("This account cannot log in here right now."), HTTPStatus.FORBIDDEN)
    else:
        form.refuse_as(answer)


def _log_in_page(form: Form) -> Response:
    said = state().take_done()
    step = "second_factor" if state().credentials else "password"
    return rendered(
        "login_sessions/log_in.html",
        form,
        step=step,
        was_away=said == AWAY,
        has_logged_out=said == LOGGED_OUT,
        typed=typed_before(form.values) if form.is_ours else None,
    )


def _listed(form: Form) -> Response:
    answer = ask_as_oneself("GET", "/api/v1/login-sessions")
    if not answer.is_success:
        raise Unavailable
    profile = _profile()
    zone = zone_said(profile.json if profile and profile.is_success else None)
    shown = [ShownLoginSession.of(item, zone) for item in answer.json["items"]]
    shown.sort(key=lambda each: not each.is_current)
    said = state().take_done()
    return rendered(
        "login_sessions/login_sessions.html",
        form,
        login_sessions=shown,
        zone=zone,
        has_ended=said == ENDED,
        duty=profile.code if profile and profile.code in DUTIES else "",
    )


def _ended(answer: ApiAnswer) -> Response:
    if not answer.is_success and answer.status != HTTPStatus.NOT_FOUND:
        form = Form()
        form.refuse_as(answer)
        return _listed(form)
    state().done = ENDED
    return _to("login_sessions_page")


def _profile() -> ApiAnswer | None:
    """Ask for the person's profile; what they have to do first is an answer, too."""
    try:
        return ask_as_oneself("GET", "/api/v1/profiles/me")
    except Unavailable:
        return None


def _forgotten() -> Response:
    state().login = state().credentials = state().second_factor = None
    state().links, state().wishes, state().next_page = [], {}, ""
    state().done = LOGGED_OUT
    renew_form_key()
    return _to("log_in_form")


def _to(view: str) -> Response:
    return led_to(f"login_sessions.{view}")
