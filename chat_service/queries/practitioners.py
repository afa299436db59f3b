"""Reading the copy of what therapists are called."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.models.practitioners import Practitioner
from shared.database import insert_unless_there

BEFORE_ANY_EVENT = -1

Names = Mapping[int, str | Mapping[str, str] | None]
"""Names by practitioner id, each a text or a text per locale."""


def practitioner_for_update(session: Session, practitioner_id: int) -> Practitioner:
    """Lock the copy of a therapist's record, made unpublished on first touch."""
    row = {
        "practitioner_id": practitioner_id,
        "is_published": False,
        "sequence": BEFORE_ANY_EVENT,
    }
    insert_unless_there(session, Practitioner, row)
    wanted = select(Practitioner).where(Practitioner.practitioner_id == practitioner_id)
    return session.execute(wanted.with_for_update()).scalar_one()


def names_of(session: Session, practitioner_ids: Iterable[int]) -> Names:
    """Give what the therapists are called, as far as events told."""
    rows = session.execute(
        select(Practitioner.practitioner_id, Practitioner.name).where(
            Practitioner.practitioner_id.in_(list(practitioner_ids))
        )
    )
    return {row.practitioner_id: row.name for row in rows}
