"""Guided sessions: the programme's steps, each a conversation with prepared texts."""

from http import HTTPStatus

from flask import Blueprint
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.languages import _
from portal.readers import reader
from portal.rendering import led_to, rendered
from portal.visitors import ask_as_oneself, ask_once, read

blueprint = Blueprint("guided_sessions", __name__)
_OPERATION = "/api/v1/guided-sessions"


@blueprint.get("/steps")
def guided_sessions_page() -> Response:
    """List the steps and how far one is."""
    return rendered(
        "guided_sessions/guided_sessions.html",
        Form(),
        found=read(_OPERATION)["items"],
    )


@blueprint.get("/steps/<int:guided_session_id>")
def guided_session_page(guided_session_id: int) -> Response:
    """Show what was said so far."""
    return _page(Form(), guided_session_id)


@blueprint.post("/steps/<int:guided_session_id>/start")
def start(guided_session_id: int) -> Response:
    """Begin, or go on where one was."""
    form = posted_form()
    if form.is_refused:
        return _page(form, guided_session_id)
    answer = ask_as_oneself("POST", f"{_OPERATION}/{guided_session_id}/start")
    if answer.is_success:
        return _to(guided_session_id)
    form.refuse(_("This step cannot be begun yet. Finish the one before it first."))
    return _page(form, guided_session_id)


@blueprint.post("/steps/<int:guided_session_id>")
def answer_question(guided_session_id: int) -> Response:
    """Answer the present question; the same form sent twice answers once."""
    form = posted_form()
    form.require(text=_("Write something first."))
    if form.is_refused:
        return _page(form, guided_session_id)
    body = {"text": form.value("text")}
    if form.value("question_id"):
        body["question_id"] = form.value("question_id")
    answer = ask_once(
        "POST", f"{_OPERATION}/{guided_session_id}/answers", body, key=form.value("once")
    )
    if answer.is_success:
        return _to(guided_session_id)
    if answer.has_error_of("text"):
        form.refuse_field(
            "text", _("An answer has up to 4,000 characters and something to be seen in it.")
        )
    elif answer.status == HTTPStatus.CONFLICT:
        form.refuse(_("This was done elsewhere meanwhile. Here is how it stands now."))
    else:
        form.refuse_as(answer)
    return _page(form, guided_session_id)


def _page(form: Form, guided_session_id: int) -> Response:
    sessions = read(_OPERATION)["items"]
    found = next((each for each in sessions if each["id"] == guided_session_id), None)
    if found is None:
        raise NotFound
    lines = read(f"{_OPERATION}/{guided_session_id}/transcript")["items"]
    questions = [line["question_id"] for line in lines if not line["is_user"]]
    return rendered(
        "guided_sessions/guided_session.html",
        form,
        found=found,
        lines=lines,
        question_id=questions[-1] if questions else None,
        zone=reader().zone,
    )


def _to(guided_session_id: int) -> Response:
    return led_to("guided_sessions.guided_session_page", guided_session_id=guided_session_id)
