"""`/api/v1/matches`: therapists that fit a client's wishes, with free hours."""

from http import HTTPStatus

from flask import Response

from booking_service.api.practitioners import spelled
from booking_service.api.schemas.matches import (
    MatchesWanted,
    MatchesWantedSchema,
    MatchListSchema,
)
from booking_service.domain.matches import find_matches
from shared.clock import instant_text
from shared.http.authentication import Identity
from shared.http.blueprint import Blueprint, json_answer, requires_role
from shared.http.context import chassis, clock, database

blueprint = Blueprint(
    "matches",
    __name__,
    url_prefix="/api/v1/matches",
    description="Therapists that fit a client's wishes.",
)


@blueprint.get("")
@requires_role("client")
@blueprint.arguments(MatchesWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, MatchListSchema)
def list_matches(wanted: MatchesWanted, identity: Identity) -> Response:
    """List the therapists who fit best, best first, only with a free hour in the window."""
    now, zone = clock().now(), chassis().settings.service_time_zone.key
    matches = database().reading(
        lambda session: find_matches(
            session,
            wanted.command,
            client_id=identity.account_id,
            default_time_zone=zone,
            now=now,
        )
    )
    items = [
        {
            "practitioner": spelled(each.practitioner, wanted.locale),
            "slots": [instant_text(start) for start in each.slots],
            "meets": list(each.meets),
            "relaxed": list(each.relaxed),
        }
        for each in matches
    ]
    return json_answer({"items": items})
