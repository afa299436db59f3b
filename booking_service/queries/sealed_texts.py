"""Finding texts that stand in clear, as earlier releases wrote them."""

from collections.abc import Sequence

from sqlalchemy import String, or_, select, type_coerce
from sqlalchemy.orm import Session

from booking_service.models.appointments import Appointment, AppointmentChange
from booking_service.models.care_relations import CareRelation
from booking_service.models.matching_preferences import MatchingPreferences
from booking_service.models.tables import NO_CODES


def plain_preferences(session: Session, *, limit: int) -> Sequence[MatchingPreferences]:
    """Lock wishes whose topics stand in clear; those another process seals are left to it."""
    wanted = (
        select(MatchingPreferences)
        .where(type_coerce(MatchingPreferences.topics, String) != NO_CODES)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.execute(wanted).scalars().all()


def plain_relations(session: Session, *, limit: int) -> Sequence[CareRelation]:
    """Lock care relations that say in clear why they ended."""
    wanted = (
        select(CareRelation)
        .where(or_(CareRelation.reasons.is_not(None), CareRelation.more_reasons.is_not(None)))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.execute(wanted).scalars().all()


def plain_changes(session: Session, *, limit: int) -> Sequence[tuple[AppointmentChange, int]]:
    """Lock changes of appointments that say in clear why; give each with the client."""
    wanted = (
        select(AppointmentChange, Appointment.client_id)
        .join(Appointment, Appointment.id == AppointmentChange.appointment_id)
        .where(AppointmentChange.reason.is_not(None))
        .limit(limit)
        .with_for_update(of=AppointmentChange, skip_locked=True)
    )
    return [(change, client_id) for change, client_id in session.execute(wanted).all()]
