"""ETag and If-Match: `shared.entity_tags` in HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request

from shared.entity_tags import Precondition, entity_tag_of
from shared.http.blueprint import Blueprint, View
from shared.http.context import identity_if_any
from shared.http.errors import PROBLEM_TYPE, ProblemSchema


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


def honours_if_match(blueprint: Blueprint, *, is_required: bool = False) -> Callable[[View], View]:
    """Describe how an operation refuses by If-Match: 412, and 428 where it may be needed."""

    def decorator(view: View) -> View:
        view = blueprint.alt_response(
            HTTPStatus.PRECONDITION_FAILED, schema=ProblemSchema, content_type=PROBLEM_TYPE,
            description="`precondition_failed`: changed since the state whose ETag is in If-Match",
        )(view)  # fmt: skip
        if not is_required:
            return view
        return blueprint.alt_response(
            HTTPStatus.PRECONDITION_REQUIRED, schema=ProblemSchema, content_type=PROBLEM_TYPE,
            description="`precondition_required`: it exists, and there is no If-Match",
        )(view)  # fmt: skip

    return decorator
