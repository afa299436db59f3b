"""Choosing a therapist and an hour in one step: what that means depends on what the client has.

No therapist yet, or one without coming appointments: the hour is booked, and the care relation
begins or changes. The same hour again: nothing happens. Another hour of the present therapist: the
nearest appointment that has not begun is moved. Another therapist while appointments are coming,
the one that goes on included: refused.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from booking_service.domain.appointments import AppointmentView, book_locked, require_open_to
from booking_service.domain.calendars import lock_for_hour
from booking_service.domain.reschedules import (
    RescheduleTokenView,
    keep_token,
    move_locked,
    use_token,
)
from booking_service.errors import NoAppointmentToMove, NotYourTherapist
from booking_service.models.appointments import Appointment
from booking_service.models.practitioners import Practitioner
from booking_service.queries.appointments import coming_appointments
from booking_service.queries.care_relations import current_relation_of
from shared.access_tokens import Identity


class Outcome(StrEnum):
    """What a selection did."""

    BOOKED = "booked"
    MOVED = "moved"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class SelectHour:
    """Choose an hour of a therapist; `only_move` never books."""

    practitioner_id: int
    starts_at: datetime
    reschedule_token: str | None = None
    only_move: bool = False


@dataclass(frozen=True, kw_only=True)
class SelectionView:
    """What a selection did, and the appointment that stands now."""

    outcome: Outcome
    appointment: AppointmentView


def select_hour(
    session: Session,
    command: SelectHour,
    *,
    client: Identity,
    most_a_day: int,
    now: datetime,
) -> SelectionView:
    """Book, move or leave as it is; see the module.

    Raises:
        PractitionerNotFound: neither listed nor the present one.
        NotYourTherapist, NoAppointmentToMove: with `only_move`.
        RescheduleTokenInvalid: a token was sent and is not good for the nearest appointment.
        HourNotOffered, SlotTaken, ClientBusy, TooManyComing, TooLateToMove, HasAnotherTherapist:
            as for booking and moving; everything stays as it was.
        TooManyChanges: the client has booked and moved as often as is allowed a day.
    """
    if command.only_move:
        require_present(session, command.practitioner_id, client.account_id)
    practitioner = lock_for_hour(
        session,
        practitioner_id=command.practitioner_id,
        client_id=client.account_id,
        starts_at=command.starts_at,
        now=now,
    )
    if command.only_move:
        require_present(session, command.practitioner_id, client.account_id)
    require_open_to(session, practitioner, client.account_id)
    coming = coming_appointments(session, client.account_id, now, practitioner_id=practitioner.id)
    movable = next((each for each in coming if each.starts_at > now), None)
    if command.only_move and movable is None:
        raise NoAppointmentToMove
    if command.reschedule_token is not None:
        use_token(session, command.reschedule_token, movable, now=now)
    same = next((each for each in coming if each.starts_at == command.starts_at), None)
    if same is not None:
        return _selection(Outcome.UNCHANGED, same, practitioner)
    if movable is None:
        booked = book_locked(
            session,
            practitioner,
            client_id=client.account_id,
            starts_at=command.starts_at,
            actor=client,
            most_a_day=most_a_day,
            now=now,
        )
        return _selection(Outcome.BOOKED, booked, practitioner)
    moved = move_locked(
        session,
        movable,
        practitioner,
        starts_at=command.starts_at,
        actor=client,
        most_a_day=most_a_day,
        now=now,
    )
    return _selection(Outcome.MOVED, moved, practitioner)


def prepare_move(
    session: Session, practitioner_id: int, *, token: str, client: Identity, now: datetime
) -> tuple[RescheduleTokenView, int]:
    """Keep a token for the nearest appointment with the present therapist that has not begun; give
    it, and how many minutes the appointment takes.

    Raises:
        NotYourTherapist: the one named is not the present one.
        NoAppointmentToMove: nothing is coming.
    """
    require_present(session, practitioner_id, client.account_id)
    coming = coming_appointments(session, client.account_id, now, practitioner_id=practitioner_id)
    movable = next((each for each in coming if each.starts_at > now), None)
    if movable is None:
        raise NoAppointmentToMove
    return keep_token(session, movable, token=token, now=now), movable.session_minutes


def require_present(session: Session, practitioner_id: int, client_id: int) -> None:
    """Let only the client's present therapist be named.

    Raises:
        NotYourTherapist: it is another one, or there is none.
    """
    relation = current_relation_of(session, client_id)
    if relation is None or relation.practitioner_id != practitioner_id:
        raise NotYourTherapist


def _selection(
    outcome: Outcome, appointment: Appointment, practitioner: Practitioner
) -> SelectionView:
    return SelectionView(outcome=outcome, appointment=AppointmentView.of(appointment, practitioner))
