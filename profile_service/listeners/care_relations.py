"""Care relations as booking_service tells of them."""

from sqlalchemy.orm import Session

from profile_service.domain.care_relations import remember_care_relation
from profile_service.listeners.schemas.care_relations import (
    CareRelationEndedSchema,
    CareRelationStartedSchema,
)
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def remember_relation_started_of(session: Session, envelope: Envelope) -> None:
    """Keep that a client has a therapist."""
    remember_care_relation(session, command_of(CareRelationStartedSchema, envelope))


def remember_relation_ended_of(session: Session, envelope: Envelope) -> None:
    """Keep that a client has left a therapist."""
    remember_care_relation(session, command_of(CareRelationEndedSchema, envelope))
