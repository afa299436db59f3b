"""`/api/v1/appointments`: booking, seeing, cancelling, moving, attendance."""

import secrets
from datetime import timedelta
from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.paths import APPOINTMENT
from booking_service.api.people import (
    full_names,
    require_at_work,
    require_client,
    take_over_standings,
)
from booking_service.api.schemas.appointments import (
    AppointmentChangeListSchema,
    AppointmentPageSchema,
    AppointmentSchema,
    AppointmentsWanted,
    AppointmentsWantedSchema,
    BookAppointmentSchema,
    CancelAppointmentSchema,
    MoveAppointmentSchema,
    NoteAttendanceSchema,
    PreparedMoveSchema,
    PrepareMove,
    PrepareMoveSchema,
    RescheduleTokenSchema,
    appointment_json,
    entries_json,
)
from booking_service.domain.appointments import (
    CHANGES_A_DAY,
    AppointmentView,
    BookAppointment,
    CancelAppointment,
    ChangeView,
    NoteAttendance,
    book_appointment,
    cancel_appointment,
    note_attendance,
)
from booking_service.domain.audit_entries import Act
from booking_service.domain.reschedules import (
    MoveAppointment,
    RescheduleTokenView,
    issue_token,
    move_appointment,
)
from booking_service.domain.selections import prepare_move
from booking_service.errors import (
    AccountIsNotClient,
    AccountNotFound,
    AlreadyAtThisHour,
    AppointmentAlreadyCancelled,
    AppointmentAlreadyMoved,
    AppointmentAlreadyStarted,
    AppointmentNotFound,
    ClientBusy,
    HasAnotherTherapist,
    HourAlreadyYours,
    HourNotOffered,
    NoAppointmentToMove,
    NotYourTherapist,
    PractitionerNotFound,
    RescheduleTokenInvalid,
    SlotTaken,
    StateChangeNotAllowed,
    TooLateToCancel,
    TooLateToMove,
    TooManyChanges,
    TooManyComing,
)
from booking_service.parts import parts
from booking_service.queries.appointments import (
    appointment_visible_to,
    appointments_visible_to,
    changes_of,
)
from booking_service.queries.practitioners import find_practitioner
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.data_keys import TextUnreadable
from shared.errors import NotAllowed, NotAuthenticated
from shared.http.auditing import audit_read, audited
from shared.http.blueprint import Blueprint, json_answer, requires_role, with_identity
from shared.http.context import chassis, clock, database, identity_if_any
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once
from shared.http.pagination import paged
from shared.pages import Page

blueprint = Blueprint(
    "appointments", __name__, url_prefix="/api/v1/appointments", description="Booked hours."
)
internal_blueprint = Blueprint(
    "appointments_internal",
    __name__,
    url_prefix="/internal/v1/reschedule-tokens",
    description="Moving the nearest appointment, for the gateway.",
)


@blueprint.get("")
@with_identity
@blueprint.arguments(AppointmentsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, AppointmentPageSchema)
def list_appointments(wanted: AppointmentsWanted, identity: Identity) -> Response:
    """List one's own appointments, by `when`: coming ones by start, others newest first; staff see
    everybody's.
    """
    now = clock().now()

    def read() -> Page[AppointmentView]:
        def work(session: Session) -> Page[AppointmentView]:
            page = appointments_visible_to(
                session,
                identity,
                wanted.when,
                now,
                page=wanted.page,
                filtering=wanted.filtering,
            )
            return page.of([AppointmentView.of(*row) for row in page.items])

        return database().reading(work)

    page = read()
    if identity.role == "client":
        coming = {each.practitioner_id for each in page.items if each.is_coming(now)}
        if take_over_standings(coming):
            page = read()
    filtering = wanted.filtering
    whom = filtering.client_id if filtering.client_id is not None else filtering.practitioner_id
    audit_read(Act.APPOINTMENTS_LISTED, identity, whom, is_common=True)
    clients = {each.client_id for each in page.items if each.client_id != identity.account_id}
    return paged(entries_json(page.items, full_names(clients), wanted.locale), page)


@blueprint.post("")
@requires_role("client", "moderator", "admin")
@blueprint.arguments(BookAppointmentSchema)
@blueprint.response(HTTPStatus.CREATED, AppointmentSchema)
@honours_idempotency_key
@refuses(
    PractitionerNotFound,
    AccountNotFound,
    AccountIsNotClient,
    HasAnotherTherapist,
    HourNotOffered,
    SlotTaken,
    HourAlreadyYours,
    ClientBusy,
    TooManyComing,
    TooManyChanges,
)
def create_appointment(command: BookAppointment, identity: Identity) -> Response:
    """Book an hour; staff name the client and need not keep notice and window."""
    require_at_work(command.practitioner_id)
    if identity.is_staff and command.client_id is not None:
        require_client(command.client_id)
    now = clock().now()
    return writing_once(
        audited(
            lambda session: book_appointment(
                session, command, actor=identity, most_a_day=changes_a_day(), now=now
            ),
            Act.APPOINTMENT_BOOKED,
            identity,
            _client_of,
            is_common=True,
        ),
        appointment_json,
    )


@blueprint.get(f"/{APPOINTMENT}")
@with_identity
@blueprint.response(HTTPStatus.OK, AppointmentSchema)
@refuses(AppointmentNotFound)
def read_appointment(appointment_id: int, identity: Identity) -> Response:
    """Read one of one's own appointments."""

    def read(session: Session) -> AppointmentView:
        appointment = appointment_visible_to(session, identity, appointment_id)
        return AppointmentView.of(
            appointment, find_practitioner(session, appointment.practitioner_id)
        )

    view = database().reading(read)
    audit_read(Act.APPOINTMENT_READ, identity, view.client_id, is_common=True)
    return json_answer(appointment_json(view))


@blueprint.get(f"/{APPOINTMENT}/history")
@with_identity
@blueprint.response(HTTPStatus.OK, AppointmentChangeListSchema)
@refuses(AppointmentNotFound, TextUnreadable)
def read_appointment_history(
    appointment_id: int, identity: Identity
) -> dict[str, list[ChangeView]]:
    """Read every change of an appointment and of those it replaced: who, when, why."""

    def read(session: Session) -> tuple[int, list[ChangeView]]:
        appointment = appointment_visible_to(session, identity, appointment_id)
        return appointment.client_id, [
            ChangeView.of(session, each, appointment.client_id)
            for each in changes_of(session, appointment)
        ]

    client_id, views = database().reading(read)
    audit_read(Act.APPOINTMENT_HISTORY_READ, identity, client_id, is_common=True)
    return {"items": views}


@blueprint.post(f"/{APPOINTMENT}/cancellation")
@with_identity
@blueprint.arguments(CancelAppointmentSchema)
@blueprint.response(HTTPStatus.OK, AppointmentSchema)
@refuses(
    AppointmentNotFound,
    AppointmentAlreadyCancelled,
    AppointmentAlreadyMoved,
    AppointmentAlreadyStarted,
    TooLateToCancel,
    TextUnreadable,
)
def create_cancellation(
    command: CancelAppointment, appointment_id: int, identity: Identity
) -> Response:
    """Cancel a coming appointment; a client's late one is marked chargeable."""
    now = clock().now()
    view = database().writing(
        audited(
            lambda session: cancel_appointment(
                session, appointment_id, command, actor=identity, now=now
            ),
            Act.APPOINTMENT_CANCELLED,
            identity,
            _client_of,
            is_common=True,
        )
    )
    return json_answer(appointment_json(view))


@blueprint.post(f"/{APPOINTMENT}/reschedule")
@with_identity
@blueprint.arguments(MoveAppointmentSchema)
@blueprint.response(HTTPStatus.CREATED, AppointmentSchema)
@honours_idempotency_key
@refuses(
    AppointmentNotFound,
    PractitionerNotFound,
    AppointmentAlreadyCancelled,
    AppointmentAlreadyMoved,
    AppointmentAlreadyStarted,
    AlreadyAtThisHour,
    TooLateToMove,
    RescheduleTokenInvalid,
    HourNotOffered,
    SlotTaken,
    HourAlreadyYours,
    ClientBusy,
    TooManyChanges,
)
def create_reschedule(
    command: MoveAppointment, appointment_id: int, identity: Identity
) -> Response:
    """Move a coming appointment to another free hour; answers the new appointment."""
    _require_therapist_at_work(appointment_id, identity)
    now = clock().now()
    return writing_once(
        audited(
            lambda session: move_appointment(
                session,
                appointment_id,
                command,
                actor=identity,
                most_a_day=changes_a_day(),
                now=now,
            ),
            Act.APPOINTMENT_MOVED,
            identity,
            _client_of,
            is_common=True,
        ),
        appointment_json,
    )


@blueprint.post(f"/{APPOINTMENT}/reschedule-tokens")
@with_identity
@blueprint.response(HTTPStatus.CREATED, RescheduleTokenSchema)
@refuses(
    AppointmentNotFound,
    PractitionerNotFound,
    AppointmentAlreadyCancelled,
    AppointmentAlreadyMoved,
    AppointmentAlreadyStarted,
)
def create_reschedule_token(appointment_id: int, identity: Identity) -> RescheduleTokenView:
    """Get a token to move one appointment with, once, within ten minutes."""
    _require_therapist_at_work(appointment_id, identity)
    now, token = clock().now(), secrets.token_urlsafe(32)
    return database().writing(
        audited(
            lambda session: issue_token(
                session, appointment_id, token=token, actor=identity, now=now
            ),
            Act.RESCHEDULE_TOKEN_ISSUED,
            identity,
            lambda view: view.client_id,
            is_common=True,
        )
    )


@blueprint.put(f"/{APPOINTMENT}/attendance")
@with_identity
@blueprint.arguments(NoteAttendanceSchema)
@blueprint.response(HTTPStatus.OK, AppointmentSchema)
@refuses(AppointmentNotFound, NotAllowed, StateChangeNotAllowed)
def put_attendance(command: NoteAttendance, appointment_id: int, identity: Identity) -> Response:
    """Note whether the client came: the therapist and staff, once the hour has begun."""
    now = clock().now()
    view = database().writing(
        audited(
            lambda session: note_attendance(
                session, appointment_id, command, actor=identity, now=now
            ),
            Act.ATTENDANCE_NOTED,
            identity,
            _client_of,
            is_common=True,
        )
    )
    return json_answer(appointment_json(view))


@internal_blueprint.post("")
@internal_blueprint.arguments(PrepareMoveSchema)
@internal_blueprint.response(HTTPStatus.CREATED, PreparedMoveSchema)
@refuses(NotAllowed, PractitionerNotFound, NotYourTherapist, NoAppointmentToMove)
def create_token_with_hours(wanted: PrepareMove) -> Response:
    """Get a token for the client's nearest coming appointment, and the therapist's free hours."""
    client = _client()
    take_over_standings([wanted.practitioner_id])
    now, token, known = clock().now(), secrets.token_urlsafe(32), parts().calendars
    issued, session_minutes = database().writing(
        lambda session: prepare_move(
            session, wanted.practitioner_id, token=token, client=client, now=now
        )
    )
    starts = database().reading(
        lambda session: known.present(session, now=now).free_starts_of(
            wanted.practitioner_id,
            after=now,
            before=now + timedelta(days=wanted.days),
            client_id=client.account_id,
            session_minutes=session_minutes,
        )
    )
    answer = {
        "token": issued.token,
        "expires_at": instant_text(issued.expires_at),
        "slots": [instant_text(each) for each in starts],
    }
    return json_answer(answer, HTTPStatus.CREATED)


def _require_therapist_at_work(appointment_id: int, identity: Identity) -> None:
    require_at_work(
        database().reading(
            lambda session: (
                appointment_visible_to(session, identity, appointment_id).practitioner_id
            )
        )
    )


def changes_a_day() -> int:
    """Give how often a client may book or move within a day."""
    return max(1, int(CHANGES_A_DAY * chassis().settings.rate_limit_scale))


def _client_of(view: AppointmentView) -> int:
    return view.client_id


def _client() -> Identity:
    """Give the client the gateway speaks for.

    Raises:
        NotAuthenticated: no token came along.
        NotAllowed: it is nobody's who may have a therapist.
    """
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    if identity.role != "client":
        raise NotAllowed
    return identity
