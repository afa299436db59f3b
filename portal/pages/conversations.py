"""Messages between a client and their therapist."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.languages import _, language
from portal.readers import reader
from portal.rendering import led_to, rendered
from portal.state import role, state
from portal.visitors import LoggedOut, ask_as_oneself, ask_once, read

blueprint = Blueprint("conversations", __name__)
MOST_CONVERSATIONS = 100
MOST_MESSAGES = 50
MOST_CHARACTERS = 4000


@blueprint.get("/messages")
def conversations_page() -> Response:
    """List one's conversations, the latest message first."""
    found = _conversations()
    practitioner = None
    if role() == "client":
        practitioner = read(f"/api/v1/care-relations/current?locale={language()}")["practitioner"]
    known = {each["practitioner_id"] for each in found}
    return rendered(
        "conversations/conversations.html",
        Form(),
        conversations=found,
        zone=reader().zone,
        role=role(),
        practitioner=practitioner,
        may_begin=practitioner is not None and practitioner["id"] not in known,
    )


@blueprint.get("/messages/new")
def new_conversation() -> Response:
    """Write to one's therapist for the first time."""
    return _beginning(Form())


@blueprint.post("/messages/new")
def begin_conversation() -> Response:
    """Send the first message to one's therapist."""
    form = posted_form()
    form.require(text=_("Write something first."))
    if form.is_refused:
        return _beginning(form)
    practitioner = read("/api/v1/care-relations/current")["practitioner"]
    if practitioner is None:
        raise NotFound
    sent = _send(form, practitioner["id"])
    return _beginning(form) if sent is None else _to(sent["conversation_id"])


@blueprint.get("/messages/<int:conversation_id>")
def conversation_page(conversation_id: int) -> Response:
    """Show the newest messages; they are read then."""
    return _conversation(Form(), conversation_id)


@blueprint.post("/messages/<int:conversation_id>")
def write(conversation_id: int) -> Response:
    """Send a message; the same form sent twice sends one."""
    form = posted_form()
    form.require(text=_("Write something first."))
    if form.is_refused:
        return _conversation(form, conversation_id)
    found = _one(conversation_id)
    sent = _send(form, _partner_of(found))
    return _conversation(form, conversation_id) if sent is None else _to(conversation_id)


@blueprint.post("/messages/<int:conversation_id>/delete")
def delete(conversation_id: int) -> Response:
    """Take one's own message away; that one stood there remains to be seen."""
    form = posted_form()
    identifier = form.number("message_id")
    if form.is_refused or identifier is None:
        return _conversation(form, conversation_id)
    answer = ask_as_oneself("DELETE", f"/api/v1/messages/{identifier}")
    if not answer.is_success:
        form.refuse(_("This message cannot be deleted any more."))
        return _conversation(form, conversation_id)
    return _to(conversation_id)


def _send(form: Form, recipient_id: int) -> Any:
    body = {"recipient_id": recipient_id, "text": form.value("text")}
    answer = ask_once("POST", "/api/v1/messages", body, key=form.value("once"))
    if answer.is_success:
        return answer.json
    if answer.has_error_of("text"):
        form.refuse_field(
            "text", _("A message has up to 4,000 characters and something to be seen in it.")
        )
    elif answer.code == "not_your_therapist" or answer.status == HTTPStatus.NOT_FOUND:
        form.refuse(_("This conversation is closed: you do not work together any more."))
    else:
        form.refuse_as(answer)
    return None


def _conversations() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(f"/api/v1/conversations?limit={MOST_CONVERSATIONS}")["items"]
    if role() != "therapist" or not found:
        return found
    relations = read(f"/api/v1/care-relations?limit={MOST_CONVERSATIONS}")["items"]
    names = {each["client_id"]: each["client_name"] for each in relations}
    return [{**each, "client_name": names.get(each["client_id"])} for each in found]


def _one(conversation_id: int) -> dict[str, Any]:
    for each in _conversations():
        if each["id"] == conversation_id:
            return each
    raise NotFound


def _partner_of(conversation: dict[str, Any]) -> int:
    is_client = _own_id() == conversation["client_id"]
    partner: int = conversation["practitioner_id" if is_client else "client_id"]
    return partner


def _conversation(form: Form, conversation_id: int) -> Response:
    found = _one(conversation_id)
    page = read(f"/api/v1/conversations/{conversation_id}/messages?limit={MOST_MESSAGES}")
    if found["unread_count"] and page["items"]:
        ask_as_oneself(
            "PUT",
            f"/api/v1/conversations/{conversation_id}/read-mark",
            {"message_id": page["items"][-1]["id"]},
        )
    return rendered(
        "conversations/conversation.html",
        form,
        conversation=found,
        messages=page["items"],
        has_earlier=page["next"] is not None,
        own_id=_own_id(),
        zone=reader().zone,
        role=role(),
    )


def _beginning(form: Form) -> Response:
    practitioner = read(f"/api/v1/care-relations/current?locale={language()}")["practitioner"]
    if practitioner is None:
        return led_to("practitioners.find_page")
    return rendered("conversations/new.html", form, practitioner=practitioner)


def _own_id() -> int:
    login = state().login
    if login is None:
        raise LoggedOut
    return login.account_id


def _to(conversation_id: int) -> Response:
    return led_to("conversations.conversation_page", conversation_id=conversation_id)
