"""A ticket for the live stream: a browser's EventSource shows no token."""

from http import HTTPStatus

from flask import Blueprint, Response

from portal.forms import posted_form
from portal.visitors import LoggedOut, ask_as_oneself
from shared import strict_json

blueprint = Blueprint("live", __name__)


@blueprint.post("/live")
def stream_ticket() -> Response:
    """Give a ticket that opens one stream; 204 when there is none to be had."""
    form = posted_form()
    if form.is_refused:
        return Response(status=HTTPStatus.NO_CONTENT)
    try:
        answer = ask_as_oneself("POST", "/api/v1/stream-tickets")
    except LoggedOut:
        return Response(status=HTTPStatus.NO_CONTENT)
    if not answer.is_success:
        return Response(status=HTTPStatus.NO_CONTENT)
    body = strict_json.dumps({"ticket": answer.json["ticket"]})
    return Response(body, content_type="application/json")
