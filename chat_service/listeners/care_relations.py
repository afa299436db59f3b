"""What booking_service tells about care relations."""

from sqlalchemy.orm import Session

from chat_service.domain.care_relations import hear_care_relation
from chat_service.listeners.schemas.care_relations import (
    CareRelationEndedSchema,
    CareRelationStartedSchema,
)
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def care_relation_started(session: Session, envelope: Envelope) -> None:
    """Note that two may talk from now on."""
    hear_care_relation(session, command_of(CareRelationStartedSchema, envelope))


def care_relation_ended(session: Session, envelope: Envelope) -> None:
    """Note that two may write no more."""
    hear_care_relation(session, command_of(CareRelationEndedSchema, envelope))
