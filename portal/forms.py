"""What a form sent and what is wrong with it.

A form is ours when it carries the key that stands in the visitor's cookie: no other site knows it.
What was typed survives every refusal, passwords apart.
"""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import g, request

from portal.gateway_client import ApiAnswer
from portal.languages import _, ngettext
from portal.state import state

KEY = "form_key"
MOST_CHARACTERS = 16 * 1024
MOST_DIGITS = 9


@dataclass(kw_only=True)
class Form:
    """A form as it was sent, or an empty one. `errors` are by field; `problem` is of the whole;
    `is_ours` when it carried the visitor's key.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    status: HTTPStatus = HTTPStatus.OK
    is_ours: bool = False

    @property
    def is_refused(self) -> bool:
        """Tell whether something is wrong with it."""
        return bool(self.errors or self.problem)

    def value(self, name: str) -> str:
        """Give what was typed into a field."""
        return self.values.get(name, "")

    def number(self, name: str) -> int | None:
        """Give a whole number that was typed or chosen, in any script's digits; None for what is
        none, or too long to be meant.
        """
        return whole_number(self.value(name))

    def ticked(self, prefix: str) -> list[int]:
        """Give the numbers of the boxes that were ticked and are named `<prefix>-<number>`."""
        found = [
            whole_number(name.removeprefix(f"{prefix}-"))
            for name in self.values
            if name.startswith(f"{prefix}-")
        ]
        return [number for number in found if number is not None]

    def require(self, **texts: str) -> None:
        """Note the text of each field that was left empty."""
        for name, text in texts.items():
            if not self.value(name).strip():
                self.refuse_field(name, text)

    def refuse_field(self, name: str, text: str) -> None:
        """Note what is wrong with a field."""
        self.errors[name] = text
        if not self.problem:
            self.status = HTTPStatus.UNPROCESSABLE_ENTITY

    def refuse(self, text: str, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> None:
        """Note what is wrong with the whole."""
        self.problem, self.status = text, status

    def refuse_as(self, answer: ApiAnswer) -> None:
        """Note what the API found wrong, beside the field it is about where it says so."""
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.refuse(_wait(answer.retry_after_seconds), HTTPStatus.TOO_MANY_REQUESTS)
        elif answer.code == "password_rejected":
            self.refuse_field("password", " ".join(_about_password(answer.listed("reasons"))))
        elif answer.has_error_of("password"):
            self.refuse_field("password", _("Choose another password."))
        elif answer.has_error_of("email") or answer.code == "invalid_email":
            self.refuse_field("email", _("This is not an address mail can be sent to."))
        else:
            self.refuse(_("This did not work. Nothing was changed."))


def whole_number(text: str) -> int | None:
    """Read a whole number; None for what is none."""
    plain = text.strip()
    return int(plain) if plain.isdecimal() and len(plain) <= MOST_DIGITS else None


def posted_form() -> Form:
    """Read the form that was sent; one that is not ours is refused already."""
    values = {name: value[:MOST_CHARACTERS] for name, value in request.form.items()}
    key = values.pop(KEY, "").encode()
    form = Form(values=values)
    form.is_ours = bool(state().form_key) and secrets.compare_digest(key, state().form_key.encode())
    if not form.is_ours:
        refuse_as_stale(form)
    g.form = form
    return form


def refuse_as_stale(form: Form) -> None:
    """Refuse a form that was not drawn for what the visitor's cookie holds now."""
    form.refuse(
        _("This page was open for a while, or cookies are switched off. Send it again."),
        HTTPStatus.FORBIDDEN,
    )


def once() -> str:
    """Make what names one sending of a form: the API does the same act once for it, however often
    the button is pressed.
    """
    return secrets.token_urlsafe(18)


def form_key() -> str:
    """Give the key every form on a page of this visitor carries."""
    if not state().form_key:
        renew_form_key()
    return state().form_key


def renew_form_key() -> None:
    """Make another key: what was known of the visitor before is worth nothing now."""
    state().form_key = secrets.token_urlsafe(32)


def _wait(seconds: int) -> str:
    minutes = max(1, math.ceil(seconds / 60))
    return ngettext(
        "Too many tries. Try again in %(num)d minute.",
        "Too many tries. Try again in %(num)d minutes.",
        minutes,
    )


def _about_password(reasons: list[str]) -> list[str]:
    texts = {
        "too_short": _("The password needs at least 8 characters."),
        "too_long": _("The password has more than 128 characters."),
        "too_common": _("Many people use this password: it is easy to guess."),
        "entirely_numeric": _("The password needs more than digits."),
        "similar_to_email": _("The password is too much like your address."),
    }
    return [texts[each] for each in reasons if each in texts] or [_("Choose another password.")]
