"""Reading what is known of people."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking_service.models.people import Person


def names_of(session: Session, account_ids: Iterable[int]) -> Mapping[int, str]:
    """Give the full names that are known, by account."""
    wanted = select(Person).where(Person.account_id.in_(list(account_ids)))
    people = session.execute(wanted).scalars()
    return {each.account_id: each.full_name for each in people if each.full_name is not None}
