"""Claims: taking and freeing the ten-minute cells of an hour."""

from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking_service.domain.slots import Hour, cell_of, seconds_into_cell
from booking_service.errors import ClientBusy, SlotTaken
from booking_service.models.appointments import Appointment
from booking_service.models.claims import Claim
from booking_service.models.holds import Hold
from shared.database import UtcDateTime, insert_unless_there


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


def guard_claims(session: Session, practitioner_id: int, *, shift: int, now: datetime) -> None:
    """Let everything that still stands of a locked practitioner also have the cell in which an hour
    `shift` seconds off the cells would overlap it unseen: such hours come with a new zone.
    """
    starts_at = func.coalesce(Appointment.starts_at, Hold.starts_at)
    standing = (
        select(
            Claim.appointment_id,
            Claim.hold_id,
            Claim.client_id,
            func.min(Claim.cell).label("first"),
            func.max(Claim.cell).label("last"),
            type_coerce(func.min(starts_at), UtcDateTime).label("starts_at"),
        )
        .outerjoin(Appointment, Appointment.id == Claim.appointment_id)
        .outerjoin(Hold, Hold.id == Claim.hold_id)
        .where(Claim.practitioner_id == practitioner_id)
        .group_by(Claim.appointment_id, Claim.hold_id, Claim.client_id)
        .having(func.max(Claim.cell) >= cell_of(now))
    )
    for each in session.execute(standing).all():
        own_shift = seconds_into_cell(each.starts_at)
        if own_shift == shift:
            continue
        row = {
            "practitioner_id": practitioner_id,
            "cell": each.last + 1 if shift < own_shift else each.first - 1,
            "client_id": each.client_id,
            "appointment_id": each.appointment_id,
            "hold_id": each.hold_id,
            "blocks_client": False,
        }
        insert_unless_there(session, Claim, row)  # whoever has that cell keeps such hours away too


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
