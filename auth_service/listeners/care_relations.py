"""Hearing booking: care relations, and which therapists are listed."""

from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from auth_service.domain.care_relations import copy_care_relation, copy_practitioner
from auth_service.listeners.schemas.care_relations import CareRelationSchema, PractitionerSchema
from shared.events.envelope import Envelope
from shared.events.inbox import UnprocessableEvent


def care_relation_started(session: Session, envelope: Envelope) -> None:
    """Copy that two people are in care with each other."""
    ids = _loaded(CareRelationSchema(), envelope)
    copy_care_relation(session, **ids, is_active=True, sequence=envelope.sequence)


def care_relation_ended(session: Session, envelope: Envelope) -> None:
    """Copy that two people are no longer in care with each other."""
    ids = _loaded(CareRelationSchema(), envelope)
    copy_care_relation(session, **ids, is_active=False, sequence=envelope.sequence)


def practitioner_published(session: Session, envelope: Envelope) -> None:
    """Copy that a therapist is listed."""
    ids = _loaded(PractitionerSchema(), envelope)
    copy_practitioner(session, **ids, is_published=True, sequence=envelope.sequence)


def practitioner_withdrawn(session: Session, envelope: Envelope) -> None:
    """Copy that a therapist is no longer listed."""
    ids = _loaded(PractitionerSchema(), envelope)
    copy_practitioner(session, **ids, is_published=False, sequence=envelope.sequence)


def _loaded(schema: Schema, envelope: Envelope) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(dict(envelope.data))
    except ValidationError as error:
        fields = ", ".join(sorted(error.messages_dict))
        raise UnprocessableEvent(f"bad fields: {fields}") from error
    return loaded
