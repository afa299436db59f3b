"""ETag and If-Match: `shared.entity_tags` in HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request

from shared.entity_tags import Precondition, entity_tag_of
from shared.http.blueprint import Blueprint, View
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
