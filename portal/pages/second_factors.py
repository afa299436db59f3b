"""The second factor: how it stands, setting it up with an authenticator, taking it away."""

from contextlib import suppress

import segno
from flask import Blueprint
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form, renew_form_key
from portal.gateway_client import ApiAnswer
from portal.languages import _
from portal.parts import parts
from portal.rendering import led_to, rendered
from portal.state import BegunSecondFactor, state
from portal.visitors import LoggedOut, ask_as_oneself, renew_login
from shared.errors import Unavailable

blueprint = Blueprint("second_factors", __name__)
REMOVED = "second-factor-removed"
_OPERATION = "/api/v1/accounts/me/second-factor"
_QUIET_ZONE = 4  # squares, ISO/IEC 18004
_SQUARE = 5  # pixels


@blueprint.get("/second-factor")
def second_factor_page() -> Response:
    """Show how it stands; while one is being set up, what the authenticator needs."""
    return _page(Form())


@blueprint.post("/second-factor/begin")
def begin_second_factor() -> Response:
    """Draw a secret, once the password was shown."""
    form = _with_password()
    if form.is_refused:
        return _page(form)
    answer = ask_as_oneself("POST", _OPERATION, {"password": form.value("password")})
    if answer.is_success:
        state().second_factor = BegunSecondFactor(
            secret=answer.json["secret"],
            uri=answer.json["uri"],
            begun_at=parts().clock.now().isoformat(),
        )
        return _to_page()
    _refuse(form, answer)
    return _page(form)


@blueprint.post("/second-factor/confirm")
def confirm_second_factor() -> Response:
    """Let it stand, once the authenticator shows the right code; show the recovery codes."""
    form = posted_form()
    form.require(code=_("Write the code."))
    if form.is_refused:
        return _page(form)
    body = {"code": form.value("code").strip()}
    answer = ask_as_oneself("POST", f"{_OPERATION}/confirmation", body)
    if not answer.is_success:
        _refuse(form, answer)
        return _page(form)
    state().second_factor = None
    renew_form_key()
    with suppress(LoggedOut, Unavailable):  # the codes are shown whatever comes of it
        renew_login()  # the tokens so far know of what had to be done first
    return rendered(
        "second_factors/recovery_codes.html", Form(), codes=answer.listed("recovery_codes")
    )


@blueprint.post("/second-factor/leave")
def leave_second_factor() -> Response:
    """Leave it as it was: what was begun is forgotten."""
    form = posted_form()
    if form.is_refused:
        return _page(form)
    state().second_factor = None
    return _to_page()


@blueprint.post("/second-factor/remove")
def remove_second_factor() -> Response:
    """Take it away, once the password was shown."""
    form = _with_password()
    if form.is_refused:
        return _page(form)
    answer = ask_as_oneself("DELETE", _OPERATION, {"password": form.value("password")})
    if answer.is_success:
        state().done = REMOVED
        return _to_page()
    _refuse(form, answer)
    return _page(form)


def _with_password() -> Form:
    form = posted_form()
    form.require(password=_("Write your password."))
    return form


def _refuse(form: Form, answer: ApiAnswer) -> None:
    if answer.code == "second_factor_not_accepted":
        form.refuse_field("code", _("This code is not right, or was used before."))
    elif answer.code == "old_password_incorrect":
        form.refuse_field("password", _("This is not your password."))
    elif answer.code in ("second_factor_stands", "no_second_factor"):
        state().second_factor = None
        form.refuse(_("This was done elsewhere meanwhile. Here is how it stands now."))
    else:
        form.refuse_as(answer)


def _page(form: Form) -> Response:
    answer = ask_as_oneself("GET", _OPERATION)
    if not answer.is_success:
        raise Unavailable
    begun = None if answer.json["is_set_up"] else state().second_factor
    said = state().take_done()
    return rendered(
        "second_factors/second_factor.html",
        form,
        is_set_up=answer.json["is_set_up"],
        is_required=answer.json["is_required"],
        recovery_codes_left=answer.json["recovery_codes_left"],
        secret=_in_fours(begun.secret) if begun else "",
        uri=begun.uri if begun else "",
        picture=_picture_of(begun.uri) if begun else "",
        was_removed=said == REMOVED,
    )


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _picture_of(uri: str) -> str:
    """Draw the code a phone's camera reads, as SVG that stands in the page: dark on light in every
    theme, or cameras would not find it.
    """
    return segno.make_qr(uri, error="m").svg_inline(
        scale=_SQUARE, border=_QUIET_ZONE, light="#ffffff", svgclass="picture", lineclass=None
    )


def _to_page() -> Response:
    return led_to("second_factors.second_factor_page")
