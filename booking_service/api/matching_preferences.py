"""`/api/v1/matching-preferences/me`: what a client looks for."""

from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.schemas.matching_preferences import MatchingPreferencesSchema
from booking_service.domain.matching_preferences import (
    PreferencesView,
    WritePreferences,
    replace_preferences,
)
from booking_service.errors import PreferencesNotFound
from booking_service.queries.matching_preferences import preferences_of
from shared.access_tokens import Identity
from shared.data_keys import TextUnreadable
from shared.http.blueprint import Blueprint, dumped, json_answer, requires_role
from shared.http.conditional import honours_if_match, precondition, shows_tag, tagged
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, written_once

blueprint = Blueprint(
    "matching-preferences",
    __name__,
    url_prefix="/api/v1/matching-preferences",
    description="What a client looks for in a therapist.",
)


@blueprint.get("/me")
@requires_role("client")
@blueprint.response(HTTPStatus.OK, MatchingPreferencesSchema)
@shows_tag
@refuses(PreferencesNotFound, TextUnreadable)
def read_own_preferences(identity: Identity) -> Response:
    """Read one's own wishes; 404 before any were told."""

    view = database().reading(lambda session: _found(session, identity.account_id))
    return tagged(json_answer(dumped(MatchingPreferencesSchema, view)), view)


@blueprint.put("/me")
@requires_role("client")
@blueprint.arguments(MatchingPreferencesSchema)
@blueprint.response(HTTPStatus.OK, MatchingPreferencesSchema)
@honours_if_match()
@honours_idempotency_key
@refuses(TextUnreadable)
def put_own_preferences(command: WritePreferences, identity: Identity) -> Response:
    """Replace one's own wishes; If-Match is honoured, not needed."""
    now, state = clock().now(), precondition()
    view = written_once(
        lambda session: replace_preferences(
            session, identity.account_id, command, precondition=state, now=now
        ),
        lambda session: _found(session, identity.account_id),
    )
    return tagged(json_answer(dumped(MatchingPreferencesSchema, view)), view)


def _found(session: Session, account_id: int) -> PreferencesView:
    kept = preferences_of(session, account_id)
    if kept is None:
        raise PreferencesNotFound
    return PreferencesView.of(session, kept)
