"""Locking calendars, always in the same order: the practitioner's row, then the client's.

Whoever books, holds, moves, cancels or leaves takes both locks before looking, so two requests can
wait for each other but never in a circle. The locks only make waiting orderly; who wins an hour is
decided by the unique constraints of `claims`. SQLite has one writer at a time anyway.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking_service.errors import PractitionerNotFound, SlotTaken
from booking_service.models.people import Person
from booking_service.models.practitioners import Practitioner
from booking_service.queries.appointments import is_had_by_another
from shared.database import insert_unless_there


def practitioner_for_update(session: Session, practitioner_id: int) -> Practitioner:
    """Lock a practitioner's calendar and give the record as it is now.

    Raises:
        PractitionerNotFound: nobody has a record under that id.
    """
    found = session.execute(
        select(Practitioner)
        .where(Practitioner.id == practitioner_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise PractitionerNotFound
    return found


def lock_client(session: Session, client_id: int) -> None:
    """Lock a client's own calendar, making the row on first touch; the practitioner's lock, where
    one is needed, must be held already.
    """
    own_row = (
        select(Person.account_id)
        .where(Person.account_id == client_id)
        .with_for_update(key_share=True)
    )
    if session.execute(own_row).first() is not None:
        return
    if not insert_unless_there(session, Person, {"account_id": client_id}):
        session.execute(own_row)  # somebody else has made it meanwhile


def lock_for_hour(
    session: Session, *, practitioner_id: int, client_id: int, starts_at: datetime, now: datetime
) -> Practitioner:
    """Lock both calendars for a client who wants an hour; give the practitioner's record.

    An hour somebody else has is refused before the wait for the practitioner's lock and once more
    after it: those who want one hour at the same moment wait for the one who gets it, and then not
    for each other. Nothing is decided here; whoever gets past this is judged when the cells are
    claimed.

    Raises:
        PractitionerNotFound: nobody has a record under that id.
        SlotTaken: a coming appointment of somebody else begins then.
    """
    is_taken = partial(is_had_by_another, session, practitioner_id, client_id, starts_at, now)
    if is_taken():
        raise SlotTaken
    practitioner = practitioner_for_update(session, practitioner_id)
    if is_taken():
        raise SlotTaken
    lock_client(session, client_id)
    return practitioner
