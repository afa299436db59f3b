"""One's therapist, and changing to another."""

from flask import Blueprint
from werkzeug.wrappers import Response

from portal.code_lists import options
from portal.forms import Form, posted_form
from portal.languages import _, language
from portal.rendering import led_to, rendered
from portal.state import state
from portal.visitors import ask_as_oneself, read

blueprint = Blueprint("care_relations", __name__)
ENDED = "care-ended"


@blueprint.get("/change")
def change_page() -> Response:
    """Ask why; say what becomes of coming appointments."""
    return _page(Form())


@blueprint.post("/change")
def change() -> Response:
    """End the relation: coming appointments are cancelled and freed."""
    form = posted_form()
    if form.is_refused:
        return _page(form)
    body = {
        "practitioner_id": form.number("practitioner_id"),
        "reasons": form.ticked("because"),
        "more_reasons": form.value("more_reasons").strip() or None,
        "wants_call": "wants_call" in form.values,
    }
    answer = ask_as_oneself("POST", "/api/v1/care-relations/current/end", body)
    if answer.is_success:
        state().done = ENDED
        return led_to("care_relations.change_page")
    if answer.code in ("care_relation_changed", "no_therapist_chosen"):
        form.refuse(_("This was done elsewhere meanwhile. Here is how it stands now."))
    else:
        form.refuse_as(answer)
    return _page(form)


def _page(form: Form) -> Response:
    current = read(f"/api/v1/care-relations/current?locale={language()}")
    said = state().take_done()
    return rendered(
        "care_relations/change.html",
        form,
        practitioner=current["practitioner"],
        reasons=options("change_reasons"),
        has_ended=said == ENDED,
    )
