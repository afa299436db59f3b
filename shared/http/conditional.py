"""ETag and If-Match: `shared.entity_tags` in HTTP."""

from typing import Any

from flask import Response, request

from shared.entity_tags import Precondition, entity_tag_of


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
