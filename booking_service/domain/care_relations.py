"""Care relations: beginning with the first booking, and what ending one takes along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking_service.errors import HasAnotherTherapist
from booking_service.events.care_relations import care_relation_ended, care_relation_started
from booking_service.models.care_relations import CareRelation
from booking_service.queries.appointments import coming_appointments
from booking_service.queries.care_relations import current_relation_of
from shared.events.outbox import add_to_outbox


@dataclass(frozen=True, kw_only=True)
class CareRelationView:
    """A care relation as it leaves the transaction."""

    id: int
    client_id: int
    practitioner_id: int
    started_at: datetime
    ended_at: datetime | None
    reasons: Sequence[int] | None
    more_reasons: str | None
    wants_call: bool

    @classmethod
    def of(cls, session: Session, relation: CareRelation) -> "CareRelationView":
        """Copy everything; who may see why it ended is the view's business.

        Raises:
            TextUnreadable: why it ended cannot be opened.
        """
        reasons, more_reasons = relation.told_reasons(session)
        return cls(
            id=relation.id,
            client_id=relation.client_id,
            practitioner_id=relation.practitioner_id,
            started_at=relation.started_at,
            ended_at=relation.ended_at,
            reasons=reasons,
            more_reasons=more_reasons,
            wants_call=relation.wants_call,
        )


def enter_care(session: Session, *, client_id: int, practitioner_id: int, now: datetime) -> None:
    """Make a practitioner the client's present one; whoever calls holds the client's lock.

    An earlier care relation without coming appointments ends. Adds booking.care_relation.started.v1
    and ended.v1; nothing when the practitioner already is the present one.

    Raises:
        HasAnotherTherapist: appointments with another practitioner are coming.
    """
    present = current_relation_of(session, client_id)
    if present is not None and present.practitioner_id == practitioner_id:
        return
    coming = coming_appointments(session, client_id, now)
    if any(each.practitioner_id != practitioner_id for each in coming):
        raise HasAnotherTherapist
    if present is not None:
        end_relation(session, present, now)
    relation = CareRelation(
        client_id=client_id, practitioner_id=practitioner_id, started_at=now, wants_call=False
    )
    session.add(relation)
    session.flush()
    add_to_outbox(session, care_relation_started(relation))


def end_relation(session: Session, relation: CareRelation, now: datetime) -> None:
    """End a care relation whose client's lock is held, and say so."""
    relation.ended_at = now
    session.flush()
    add_to_outbox(session, care_relation_ended(relation))
