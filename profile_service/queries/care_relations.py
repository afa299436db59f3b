"""Reading the copies of what booking_service announces."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from profile_service.models.care_relations import KnownCareRelation, KnownPractitioner


def care_relation_for_update(session: Session, client_id: int) -> KnownCareRelation:
    """Give a client's row, locked; it must be there."""
    wanted = select(KnownCareRelation).where(KnownCareRelation.client_id == client_id)
    return session.execute(wanted.with_for_update()).scalar_one()


def practitioner_for_update(session: Session, practitioner_id: int) -> KnownPractitioner:
    """Give a therapist's row, locked; it must be there."""
    wanted = select(KnownPractitioner).where(KnownPractitioner.practitioner_id == practitioner_id)
    return session.execute(wanted.with_for_update()).scalar_one()


def are_related_by_copy(session: Session, one_id: int, other_id: int) -> bool:
    """Tell whether one is the other's therapist, as far as was heard."""
    wanted = select(KnownCareRelation.client_id).where(
        or_(
            (KnownCareRelation.client_id == one_id)
            & (KnownCareRelation.practitioner_id == other_id),
            (KnownCareRelation.client_id == other_id)
            & (KnownCareRelation.practitioner_id == one_id),
        )
    )
    return session.execute(wanted.limit(1)).first() is not None


def is_listed_by_copy(session: Session, practitioner_id: int) -> bool:
    """Tell whether a therapist is listed, as far as was heard."""
    found = session.get(KnownPractitioner, practitioner_id)
    return found is not None and found.is_published
