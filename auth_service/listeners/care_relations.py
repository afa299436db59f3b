"""Hearing booking: care relations, and which therapists are listed."""

from sqlalchemy.orm import Session

from auth_service.domain.care_relations import copy_care_relation, copy_practitioner
from auth_service.listeners.schemas.care_relations import (
    CareRelationEndedSchema,
    CareRelationStartedSchema,
    PractitionerPublishedSchema,
    PractitionerWithdrawnSchema,
)
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def care_relation_started(session: Session, envelope: Envelope) -> None:
    """Copy that two people are in care with each other."""
    copy_care_relation(session, command_of(CareRelationStartedSchema, envelope))


def care_relation_ended(session: Session, envelope: Envelope) -> None:
    """Copy that two people are no longer in care with each other."""
    copy_care_relation(session, command_of(CareRelationEndedSchema, envelope))


def practitioner_published(session: Session, envelope: Envelope) -> None:
    """Copy that a therapist is listed."""
    copy_practitioner(session, command_of(PractitionerPublishedSchema, envelope))


def practitioner_withdrawn(session: Session, envelope: Envelope) -> None:
    """Copy that a therapist is no longer listed."""
    copy_practitioner(session, command_of(PractitionerWithdrawnSchema, envelope))
