"""Reading the copy of booking's care relations."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chat_service.models.care_relations import CareRelation
from shared.database import insert_unless_there

BEFORE_ANY_EVENT = -1


def care_relation_for_update(
    session: Session, client_id: int, practitioner_id: int
) -> CareRelation:
    """Lock the copy of a pair's care relation, made inactive on first touch."""
    row = {
        "client_id": client_id,
        "practitioner_id": practitioner_id,
        "is_active": False,
        "sequence": BEFORE_ANY_EVENT,
    }
    insert_unless_there(session, CareRelation, row)
    wanted = select(CareRelation).where(
        CareRelation.client_id == client_id, CareRelation.practitioner_id == practitioner_id
    )
    return session.execute(wanted.with_for_update()).scalar_one()


def has_heard_of_care(session: Session, client_id: int, practitioner_id: int) -> bool:
    """Tell whether the two are in care with each other, as far as events told."""
    relation = session.get(CareRelation, (client_id, practitioner_id))
    return relation is not None and relation.is_active


def partners_heard_of(session: Session, account_id: int, *, is_client: bool) -> frozenset[int]:
    """Give the account ids a client or a therapist is in care with, as far as events told."""
    own, other = CareRelation.client_id, CareRelation.practitioner_id
    if not is_client:
        own, other = other, own
    wanted = select(other).where(own == account_id, CareRelation.is_active)
    return frozenset(session.execute(wanted).scalars())
