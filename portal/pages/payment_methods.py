"""The card appointments are paid with."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.languages import _
from portal.rendering import led_to, rendered
from portal.visitors import ask_as_oneself, read

blueprint = Blueprint("payment_methods", __name__)
_OPERATION = "/api/v1/payment-methods"
_FIELDS = ("number", "expiry", "holder_name", "verification_code")


@blueprint.get("/card")
def card_page() -> Response:
    """Show the card on file."""
    return _page(Form())


@blueprint.post("/card")
def add_card() -> Response:
    """Put a card on file; its number is not kept here."""
    form = posted_form()
    form.require(
        number=_("Write the card's number."),
        expiry=_("Write until when it is good."),
        holder_name=_("Write the name on the card."),
        verification_code=_("Write the code on its back."),
    )
    if form.is_refused:
        return _page(form)
    answer = ask_as_oneself(
        "POST", _OPERATION, {name: form.value(name).strip() for name in _FIELDS}
    )
    if answer.is_success:
        return _to_page()
    if answer.code == "card_declined":
        form.refuse_field("number", _("This card was not accepted."))
    elif answer.code == "cards_not_taken":
        form.refuse(_("Cards are not taken at the moment. Booking works without one."))
    elif found := [name for name in _FIELDS if answer.has_error_of(name)]:
        for name in found:
            form.refuse_field(name, _("This does not look right."))
    else:
        form.refuse_as(answer)
    return _page(form)


@blueprint.post("/card/remove")
def remove_card() -> Response:
    """Take it away."""
    form = posted_form()
    if not form.is_refused:
        answer = ask_as_oneself("DELETE", _OPERATION)
        if answer.is_success:
            return _to_page()
        form.refuse_as(answer)
    return _page(form)


def _page(form: Form) -> Response:
    return rendered("payment_methods/card.html", form, cards=read(_OPERATION)["items"])


def _to_page() -> Response:
    return led_to("payment_methods.card_page")
