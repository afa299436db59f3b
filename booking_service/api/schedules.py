"""`/api/v1/practitioners/<id>/schedule`: when a therapist works; for the therapist and staff."""

from http import HTTPStatus

from flask import Response

from booking_service.api.paths import PRACTITIONER
from booking_service.api.practitioners import require_own_or_staff
from booking_service.api.schemas.schedules import ScheduleSchema, schedule_json
from booking_service.domain.audit_entries import Act
from booking_service.domain.schedules import WriteSchedule, replace_schedule, schedule_of
from booking_service.errors import PractitionerNotFound
from booking_service.queries.practitioners import find_practitioner
from shared.access_tokens import Identity
from shared.errors import NotAllowed
from shared.http.auditing import audit_read, audited
from shared.http.blueprint import Blueprint, json_answer, with_identity
from shared.http.conditional import honours_if_match, precondition, shows_tag, tagged
from shared.http.context import clock, database
from shared.http.declared import refuses

blueprint = Blueprint(
    "schedules",
    __name__,
    url_prefix=f"/api/v1/practitioners/{PRACTITIONER}/schedule",
    description="Weekly hours, dated overrides, absences.",
)


@blueprint.get("")
@with_identity
@blueprint.response(HTTPStatus.OK, ScheduleSchema)
@shows_tag
@refuses(NotAllowed, PractitionerNotFound)
def read_schedule(practitioner_id: int, identity: Identity) -> Response:
    """Read a therapist's schedule."""
    require_own_or_staff(identity, practitioner_id)
    view = database().reading(
        lambda session: schedule_of(session, find_practitioner(session, practitioner_id))
    )
    audit_read(Act.SCHEDULE_READ, identity, practitioner_id)
    return tagged(json_answer(schedule_json(view)), view)


@blueprint.put("")
@with_identity
@blueprint.arguments(ScheduleSchema)
@blueprint.response(HTTPStatus.OK, ScheduleSchema)
@honours_if_match(is_required=True)
@refuses(NotAllowed, PractitionerNotFound)
def put_schedule(command: WriteSchedule, practitioner_id: int, identity: Identity) -> Response:
    """Replace a therapist's schedule; appointments outside the new hours stay. One with anything in
    it needs If-Match with the ETag that was read: 428 without, 412 when it was changed meanwhile.
    """
    require_own_or_staff(identity, practitioner_id)
    now, state = clock().now(), precondition()
    view = database().writing(
        audited(
            lambda session: replace_schedule(
                session, practitioner_id, command, precondition=state, now=now
            ),
            Act.SCHEDULE_REPLACED,
            identity,
            lambda _: practitioner_id,
        )
    )
    return tagged(json_answer(schedule_json(view)), view)
