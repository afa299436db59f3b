"""ETag and If-Match: `shared.entity_tags` in HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request

from shared.entity_tags import Precondition, entity_tag_of
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.http.context import identity_if_any
from shared.http.declared import Declared, View, declares
from shared.http.refusals import ETAG, IF_MATCH, IF_NONE_MATCH


def precondition() -> Precondition:
    """Give what the request's If-Match says; a weak tag matches nothing."""
    if "If-Match" not in request.headers:
        return Precondition()
    sent = request.if_match
    return Precondition(tags=frozenset(sent.as_set(include_weak=False)), is_any=sent.star_tag)


def tagged(answer: Response, view: Any) -> Response:
    """Give an answer with the tag of the view it shows."""
    answer.set_etag(entity_tag_of(view))
    return answer


def kept_by_anybody(answer: Response, seconds: int) -> Response:
    """Let anybody keep what anybody may see for so many seconds, and ask by its ETag afterwards;
    what was answered to somebody who showed a token nobody keeps.
    """
    answer.vary.add("Authorization")
    if identity_if_any() is None:
        answer.cache_control.public = True
        answer.cache_control.max_age = seconds
        if answer.get_etag()[0] is None:
            answer.add_etag()
        return _unless_known(answer)
    return answer


def _unless_known(answer: Response) -> Response:
    """Answer 304 where `If-None-Match` says that the caller has it (RFC 9110, 13.1.2)."""
    tag, _ = answer.get_etag()
    if tag is not None and request.if_none_match.contains_weak(tag):
        answer.status_code = HTTPStatus.NOT_MODIFIED
        answer.set_data(b"")
        del answer.headers["Content-Type"], answer.headers["Content-Length"]
    return answer


def shows_tag(view: View) -> View:
    """Describe that an operation's answer has the tag of what it shows."""
    return declares(Declared(answer_headers=(ETAG,)))(view)


def honours_if_none_match(view: View) -> View:
    """Describe that an operation answers with a tag, and 304 to whoever has what it shows."""
    return declares(Declared(request_headers=(IF_NONE_MATCH,), answer_headers=(ETAG,)))(view)


def honours_if_match(*, is_required: bool = False) -> Callable[[View], View]:
    """Describe that an operation reads If-Match, answers with a tag, and refuses: 412, and 428
    where it may be needed.
    """
    refusals = (PreconditionFailed, PreconditionRequired) if is_required else (PreconditionFailed,)
    return declares(
        Declared(refusals=refusals, request_headers=(IF_MATCH,), answer_headers=(ETAG,))
    )
