"""Reading what is known of a person."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.models.people import NEVER_HEARD, Person
from shared.database import insert_unless_there


def known_person(session: Session, account_id: int) -> Person | None:
    """Give what is known of a person."""
    return session.get(Person, account_id)


def person_for_update(session: Session, account_id: int) -> Person:
    """Lock a person's row, made on first touch."""
    row = {"account_id": account_id, "profile_version": NEVER_HEARD}
    insert_unless_there(session, Person, row)
    locked = select(Person).where(Person.account_id == account_id).with_for_update()
    return session.execute(locked.execution_options(populate_existing=True)).scalar_one()
