"""`/api/v1/practitioners/<id>/slots`: computed free hours."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.paths import PRACTITIONER
from booking_service.api.people import take_over_standings
from booking_service.api.schemas.slots import SlotsSchema, SlotsWanted, SlotsWantedSchema
from booking_service.errors import PractitionerNotFound
from booking_service.parts import parts
from booking_service.queries.practitioners import practitioner_visible_to
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.http.blueprint import Blueprint, json_answer, with_identity_if_any
from shared.http.conditional import honours_if_none_match, kept_by_anybody
from shared.http.context import clock, database
from shared.http.declared import refuses

HOURS_SECONDS = 15

blueprint = Blueprint(
    "slots",
    __name__,
    url_prefix=f"/api/v1/practitioners/{PRACTITIONER}/slots",
    description="A therapist's free hours.",
)


@blueprint.get("")
@with_identity_if_any
@blueprint.arguments(SlotsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, SlotsSchema)
@honours_if_none_match
@refuses(PractitionerNotFound)
def list_slots(wanted: SlotsWanted, practitioner_id: int, identity: Identity | None) -> Response:
    """List the hours a client may book now, within notice and booking window; whoever shows a token
    sees none that lie beside an appointment of their own.
    """
    take_over_standings([practitioner_id])
    now, known = clock().now(), parts().calendars

    def read(session: Session) -> tuple[Iterable[datetime], int, str]:
        calendars = known.present(session, now=now)
        practitioner = practitioner_visible_to(session, identity, practitioner_id)
        if not practitioner.is_active:
            return (), practitioner.session_minutes, practitioner.time_zone
        starts = calendars.free_starts_of(
            practitioner_id,
            after=max(now, wanted.after or now),
            before=wanted.before or practitioner.latest_start(now),
            client_id=identity.account_id if identity is not None else None,
        )
        return starts, practitioner.session_minutes, practitioner.time_zone

    starts, minutes, zone = database().reading(read)
    length = timedelta(minutes=minutes)
    items = [
        {"starts_at": instant_text(each), "ends_at": instant_text(each + length)} for each in starts
    ]
    return kept_by_anybody(json_answer({"items": items, "time_zone": zone}), HOURS_SECONDS)
