"""`/api/v1/holds`: hours kept for five minutes while a client chooses."""

from http import HTTPStatus

from flask import Response

from booking_service.api.paths import HOLD
from booking_service.api.people import require_at_work
from booking_service.api.schemas.holds import HoldHourSchema, HoldListSchema, HoldSchema
from booking_service.domain.holds import HoldHour, HoldView, hold_hour, release_hold
from booking_service.errors import (
    HoldNotFound,
    HourAlreadyYours,
    HourNotOffered,
    PractitionerNotFound,
    SlotTaken,
    TooManyHolds,
)
from booking_service.queries.holds import standing_holds_of
from shared.access_tokens import Identity
from shared.http.blueprint import Blueprint, dumped, requires_role
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once

blueprint = Blueprint(
    "holds", __name__, url_prefix="/api/v1/holds", description="Hours kept while choosing."
)


@blueprint.get("")
@requires_role("client")
@blueprint.response(HTTPStatus.OK, HoldListSchema)
def list_holds(identity: Identity) -> dict[str, list[HoldView]]:
    """List one's own holds that still stand."""
    now = clock().now()
    views = database().reading(
        lambda session: [
            HoldView.of(each) for each in standing_holds_of(session, identity.account_id, now)
        ]
    )
    return {"items": views}


@blueprint.post("")
@requires_role("client")
@blueprint.arguments(HoldHourSchema)
@blueprint.response(HTTPStatus.CREATED, HoldSchema)
@honours_idempotency_key
@refuses(PractitionerNotFound, HourNotOffered, SlotTaken, HourAlreadyYours, TooManyHolds)
def create_hold(command: HoldHour, identity: Identity) -> Response:
    """Keep an hour for five minutes; at most three at a time."""
    require_at_work(command.practitioner_id)
    now = clock().now()
    return writing_once(
        lambda session: hold_hour(session, command, client=identity, now=now),
        lambda view: dumped(HoldSchema, view),
    )


@blueprint.delete(f"/{HOLD}")
@requires_role("client")
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(HoldNotFound)
def delete_hold(hold_id: int, identity: Identity) -> None:
    """Give an hour back."""
    now = clock().now()
    database().writing(lambda session: release_hold(session, hold_id, client=identity, now=now))
