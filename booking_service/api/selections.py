"""`/api/v1/selections`: choosing a therapist and an hour in one step."""

from http import HTTPStatus

from flask import Response

from booking_service.api.appointments import changes_a_day
from booking_service.api.people import require_at_work
from booking_service.api.schemas.appointments import appointment_json
from booking_service.api.schemas.selections import SelectHourSchema, SelectionSchema
from booking_service.domain.selections import (
    Outcome,
    SelectHour,
    require_present,
    select_hour,
)
from booking_service.errors import (
    ClientBusy,
    HasAnotherTherapist,
    HourNotOffered,
    NoAppointmentToMove,
    NotYourTherapist,
    PractitionerNotFound,
    RescheduleTokenInvalid,
    SlotTaken,
    TooLateToMove,
    TooManyChanges,
    TooManyComing,
)
from shared.access_tokens import Identity
from shared.http.blueprint import Blueprint, requires_role
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once

blueprint = Blueprint(
    "selections",
    __name__,
    url_prefix="/api/v1/selections",
    description="Choosing a therapist and an hour: books, moves, or leaves as it is.",
)


@blueprint.post("")
@requires_role("client")
@blueprint.arguments(SelectHourSchema)
@blueprint.response(HTTPStatus.CREATED, SelectionSchema)
@blueprint.alt_response(HTTPStatus.OK, schema=SelectionSchema, success=True)
@honours_idempotency_key
@refuses(
    PractitionerNotFound,
    NotYourTherapist,
    NoAppointmentToMove,
    HasAnotherTherapist,
    RescheduleTokenInvalid,
    TooLateToMove,
    HourNotOffered,
    SlotTaken,
    ClientBusy,
    TooManyComing,
    TooManyChanges,
)
def create_selection(command: SelectHour, identity: Identity) -> Response:
    """Choose an hour. Sent twice it does one thing: 201 when an appointment was made, 200 when the
    hour already was the client's. With an Idempotency-Key a late repetition undoes no later choice.
    """
    if command.only_move:  # whose therapist it is comes before whether anybody is
        database().reading(
            lambda session: require_present(session, command.practitioner_id, identity.account_id)
        )
    require_at_work(command.practitioner_id)
    now = clock().now()
    return writing_once(
        lambda session: select_hour(
            session, command, client=identity, most_a_day=changes_a_day(), now=now
        ),
        lambda view: {
            "outcome": view.outcome.value,
            "appointment": appointment_json(view.appointment),
        },
        status=lambda view: (
            HTTPStatus.OK if view.outcome is Outcome.UNCHANGED else HTTPStatus.CREATED
        ),
    )
