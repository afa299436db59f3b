"""`/api/v1/practitioners/<id>/slots`: computed free hours."""

from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.paths import PRACTITIONER
from booking_service.api.schemas.slots import SlotsSchema, SlotsWanted, SlotsWantedSchema
from booking_service.domain.offers import free_hours
from booking_service.queries.practitioners import practitioner_visible_to
from shared.clock import instant_text
from shared.http.authentication import Identity
from shared.http.blueprint import Blueprint, json_answer, with_identity
from shared.http.context import clock, database

blueprint = Blueprint(
    "slots",
    __name__,
    url_prefix=f"/api/v1/practitioners/{PRACTITIONER}/slots",
    description="A therapist's free hours.",
)


@blueprint.get("")
@with_identity
@blueprint.arguments(SlotsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, SlotsSchema)
def list_slots(wanted: SlotsWanted, practitioner_id: int, identity: Identity) -> Response:
    """List the hours a client may book now, within notice and booking window."""
    now = clock().now()

    def read(session: Session) -> tuple[list[datetime], int, str]:
        practitioner = practitioner_visible_to(session, identity, practitioner_id)
        hours = free_hours(
            session,
            [practitioner],
            after=max(now, wanted.after or now),
            before=wanted.before or practitioner.latest_start(now),
            now=now,
            client_id=identity.account_id,
        )
        return hours[practitioner_id], practitioner.session_minutes, practitioner.time_zone

    starts, minutes, zone = database().reading(read)
    length = timedelta(minutes=minutes)
    items = [
        {"starts_at": instant_text(each), "ends_at": instant_text(each + length)} for each in starts
    ]
    return json_answer({"items": items, "time_zone": zone})
