"""Care relations as booking_service tells of them."""

from sqlalchemy.orm import Session

from profile_service.domain.care_relations import (
    remember_relation_ended,
    remember_relation_started,
)
from profile_service.listeners.schemas.care_relations import CareRelationSchema
from profile_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def remember_relation_started_of(session: Session, envelope: Envelope) -> None:
    """Keep that a client has a therapist."""
    data = data_of(CareRelationSchema, envelope)
    remember_relation_started(session, **data, sequence=envelope.sequence)


def remember_relation_ended_of(session: Session, envelope: Envelope) -> None:
    """Keep that a client has left a therapist."""
    data = data_of(CareRelationSchema, envelope)
    remember_relation_ended(session, **data, sequence=envelope.sequence)
