"""`/api/v1/stages`: the guided programme."""

from dataclasses import asdict
from http import HTTPStatus

from flask import Response

from chat_service.api.people import caller_known
from chat_service.api.schemas.stages import LocaleWantedSchema, StageSchema
from chat_service.parts import parts
from shared.access_tokens import Identity
from shared.http.blueprint import Blueprint, json_answer, with_identity
from shared.http.pagination import list_schema

blueprint = Blueprint(
    "stages", __name__, url_prefix="/api/v1/stages", description="The guided programme."
)


@blueprint.get("")
@with_identity
@blueprint.arguments(LocaleWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, list_schema(StageSchema))
def list_stages(wanted: dict[str, str | None], identity: Identity) -> Response:
    """List the stages of the newest programme, in order."""
    locale = wanted["locale"] or caller_known(identity.account_id, lambda _: False).speaks
    views = parts().programmes.newest.views(locale)
    return json_answer({"items": [asdict(view) for view in views]})
