"""`/api/v1/help-lines`: whom to call in a crisis."""

from http import HTTPStatus

from flask import Response

from chat_service.api.schemas.help_lines import HelpLinesSchema, HelpLinesWantedSchema
from chat_service.domain.help_lines import DEFAULT_LOCALE
from chat_service.parts import parts
from shared.http.blueprint import Blueprint, dumped, json_answer
from shared.http.conditional import honours_if_none_match, kept_by_anybody

KEPT_SECONDS = 3600

blueprint = Blueprint(
    "help-lines",
    __name__,
    url_prefix="/api/v1/help-lines",
    description="Whom to call in a crisis, by country.",
)


@blueprint.get("")
@blueprint.arguments(HelpLinesWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, HelpLinesSchema)
@honours_if_none_match
def read_help_lines(wanted: dict[str, str | None]) -> Response:
    """Read the help lines of a country, and those for everywhere; for everybody, logged in or
    not.
    """
    view = parts().help_lines.help_lines_for(wanted["country"], wanted["locale"] or DEFAULT_LOCALE)
    return kept_by_anybody(json_answer(dumped(HelpLinesSchema, view)), KEPT_SECONDS)
