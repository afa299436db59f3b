"""Reading the copies of booking's facts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.care_relations import CareRelation, Practitioner


def in_care_with(session: Session, account_id: int) -> frozenset[int]:
    """Give the other side of every care relation of an account, as the copy knows it."""
    as_client = select(CareRelation.practitioner_id).where(
        CareRelation.client_id == account_id, CareRelation.is_active
    )
    as_therapist = select(CareRelation.client_id).where(
        CareRelation.practitioner_id == account_id, CareRelation.is_active
    )
    return frozenset(session.execute(as_client.union(as_therapist)).scalars())


def is_listed(session: Session, practitioner_id: int) -> bool:
    """Tell whether a therapist's public record is listed, as the copy knows it."""
    found = session.get(Practitioner, practitioner_id)
    return found is not None and found.is_published
