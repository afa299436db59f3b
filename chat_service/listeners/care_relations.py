"""What booking_service tells about care relations."""

from sqlalchemy.orm import Session

from chat_service.domain.care_relations import HearCareRelation, hear_care_relation
from chat_service.listeners.schemas import heard
from chat_service.listeners.schemas.care_relations import CareRelationSchema
from shared.events.envelope import Envelope


def care_relation_started(session: Session, envelope: Envelope) -> None:
    """Note that two may talk from now on."""
    _hear(session, envelope, is_active=True)


def care_relation_ended(session: Session, envelope: Envelope) -> None:
    """Note that two may write no more."""
    _hear(session, envelope, is_active=False)


def _hear(session: Session, envelope: Envelope, *, is_active: bool) -> None:
    data = heard(CareRelationSchema, envelope)
    command = HearCareRelation(**data, is_active=is_active, sequence=envelope.sequence)
    hear_care_relation(session, command)
