"""`/api/v1/code-lists`: the numbers and words of the clean API, with their names."""

from functools import cache
from http import HTTPStatus

from flask import Response

from booking_service.api.schemas.code_lists import CodeListsSchema, code_lists_json
from shared.http.blueprint import Blueprint, json_answer
from shared.http.conditional import honours_if_none_match, kept_by_anybody

KEPT_SECONDS = 3600

blueprint = Blueprint(
    "code-lists",
    __name__,
    url_prefix="/api/v1/code-lists",
    description="What the numbers and words of the API are called in ru, en and ar.",
)


@blueprint.get("")
@blueprint.response(HTTPStatus.OK, CodeListsSchema)
@honours_if_none_match
def read_code_lists() -> Response:
    """Read every code list: a number or code is never given another meaning, lists grow at their
    ends. For everybody, and to be kept: they change with a release.
    """
    return kept_by_anybody(json_answer(_spelled()), KEPT_SECONDS)


@cache
def _spelled() -> dict[str, object]:
    return code_lists_json()
