"""Claims: taking and freeing the ten-minute cells of an hour."""

from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking_service.domain.slots import Hour
from booking_service.errors import ClientBusy, SlotTaken
from booking_service.models.appointments import Appointment
from booking_service.models.claims import Claim
from booking_service.models.holds import Hold


def claim_for_appointment(session: Session, appointment: Appointment, hour: Hour) -> None:
    """Take an hour's cells for a booked appointment; the client is blocked without the buffer.

    Raises:
        SlotTaken: another appointment or hold has one of the practitioner's cells.
        ClientBusy: the client sits in another appointment then.
    """
    _insert(
        session,
        hour,
        practitioner_id=appointment.practitioner_id,
        client_id=appointment.client_id,
        appointment_id=appointment.id,
    )
    _block_client(session, appointment, hour)


def claim_for_hold(session: Session, hold: Hold, hour: Hour) -> None:
    """Take an hour's cells for a hold; it does not block the client elsewhere.

    Raises:
        SlotTaken: an appointment or another hold has one of the practitioner's cells.
    """
    _insert(
        session,
        hour,
        practitioner_id=hold.practitioner_id,
        client_id=hold.client_id,
        hold_id=hold.id,
    )


def free_appointment(session: Session, appointment: Appointment) -> None:
    """Free every cell of an appointment."""
    session.execute(delete(Claim).where(Claim.appointment_id == appointment.id))


def free_client(session: Session, appointment: Appointment) -> None:
    """Let the client be elsewhere; the practitioner's cells stay taken."""
    session.execute(
        update(Claim).where(Claim.appointment_id == appointment.id).values(blocks_client=False)
    )


def make_way(
    session: Session, *, practitioner_id: int, client_id: int, hour: Hour, now: datetime
) -> None:
    """Delete a practitioner's expired holds, and the client's own that touch an hour the client is
    about to take; their claims go with them.
    """
    cells = hour.practitioner_cells
    touched_by_own = select(Claim.hold_id).where(
        Claim.practitioner_id == practitioner_id,
        Claim.cell >= cells.start,
        Claim.cell < cells.stop,
        Claim.client_id == client_id,
        Claim.hold_id.is_not(None),
    )
    session.execute(
        delete(Hold)
        .where(
            Hold.practitioner_id == practitioner_id,
            or_(Hold.expires_at <= now, Hold.id.in_(touched_by_own)),
        )
        .execution_options(synchronize_session=False)
    )


def _insert(
    session: Session,
    hour: Hour,
    *,
    practitioner_id: int,
    client_id: int,
    appointment_id: int | None = None,
    hold_id: int | None = None,
) -> None:
    """Take the practitioner's cells; the only constraint this can break is theirs."""
    rows = [
        {
            "practitioner_id": practitioner_id,
            "cell": cell,
            "client_id": client_id,
            "appointment_id": appointment_id,
            "hold_id": hold_id,
            "blocks_client": False,
        }
        for cell in hour.practitioner_cells
    ]
    try:
        session.execute(insert(Claim), rows)
    except IntegrityError as error:
        raise SlotTaken from error


def _block_client(session: Session, appointment: Appointment, hour: Hour) -> None:
    """Take the client's cells, in a step of its own so that it is known whose constraint broke."""
    try:
        session.execute(
            update(Claim)
            .where(Claim.appointment_id == appointment.id, Claim.cell < hour.client_cells.stop)
            .values(blocks_client=True)
            .execution_options(synchronize_session=False)
        )
    except IntegrityError as error:
        raise ClientBusy from error
