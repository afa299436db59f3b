"""`/.well-known/jwks.json`, the published keys, and the list of ended login sessions: what gateways
and services load.
"""

from http import HTTPStatus

from flask import Response

from auth_service.api.schemas.signing_keys import (
    EndedLoginSessionListSchema,
    EndedWanted,
    EndedWantedSchema,
    KeySetSchema,
)
from auth_service.domain.signing_keys import published_keys
from auth_service.parts import parts
from auth_service.queries.login_sessions import ended_login_sessions
from shared.clock import instant_text
from shared.http.blueprint import Blueprint, json_answer
from shared.http.context import clock, database

blueprint = Blueprint("signing_keys", __name__, description="The keys that verify tokens.")
internal_blueprint = Blueprint(
    "ended_login_sessions_internal",
    __name__,
    url_prefix="/internal/v1/ended-login-sessions",
    description="Ended login sessions.",
)


@blueprint.get("/.well-known/jwks.json")
@blueprint.response(HTTPStatus.OK, KeySetSchema)
def read_keys() -> Response:
    """Read the public keys: the present one, and the previous one while both overlap."""
    settings = parts().settings
    answer = json_answer(published_keys(settings.signing_key, settings.signing_key_previous))
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer


@internal_blueprint.get("")
@internal_blueprint.arguments(EndedWantedSchema, location="query")
@internal_blueprint.response(HTTPStatus.OK, EndedLoginSessionListSchema)
def list_ended_login_sessions(wanted: EndedWanted) -> Response:
    """List what has ended while tokens of it live, by pages; gateways fill their store with it."""
    now = clock().now()
    ended = database().reading(
        lambda session: ended_login_sessions(session, now, after=wanted.after, limit=wanted.limit)
    )
    return json_answer(
        {
            "items": [{"sid": sid, "expires_at": instant_text(until)} for sid, until in ended],
            "next": ended[-1][0] if ended and len(ended) == wanted.limit else None,
        }
    )
