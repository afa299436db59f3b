"""Reading care relations."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking_service.models.care_relations import CareRelation
from booking_service.queries.practitioners import active_flags
from shared.access_tokens import Identity
from shared.pages import Page, PageWanted, page_of


def current_relation_of(session: Session, client_id: int) -> CareRelation | None:
    """Give the client's present care relation."""
    wanted = (
        select(CareRelation)
        .where(CareRelation.client_id == client_id, CareRelation.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return session.execute(wanted).scalar_one_or_none()


def current_therapist_of(session: Session, client_id: int) -> int | None:
    """Give the account id of the client's present therapist."""
    wanted = select(CareRelation.practitioner_id).where(
        CareRelation.client_id == client_id, CareRelation.ended_at.is_(None)
    )
    return session.execute(wanted).scalar_one_or_none()


def active_relations(
    session: Session, *, client_id: int | None, practitioner_id: int | None
) -> Sequence[CareRelation]:
    """Give the present care relations of a client, a practitioner, or exactly the two; also with
    one whose account is locked.
    """
    wanted = select(CareRelation).where(CareRelation.ended_at.is_(None))
    if client_id is not None:
        wanted = wanted.where(CareRelation.client_id == client_id)
    if practitioner_id is not None:
        wanted = wanted.where(CareRelation.practitioner_id == practitioner_id)
    return session.execute(wanted.order_by(CareRelation.id)).scalars().all()


def working_relations(
    session: Session, *, client_id: int | None, practitioner_id: int | None
) -> Sequence[CareRelation]:
    """Give the same, without those whose practitioner may not work at present."""
    found = active_relations(session, client_id=client_id, practitioner_id=practitioner_id)
    flags = active_flags(session, {each.practitioner_id for each in found})
    return [each for each in found if flags[each.practitioner_id]]


def relations_visible_to(
    session: Session, identity: Identity, *, is_active: bool | None, page: PageWanted
) -> Page[CareRelation]:
    """Give a page of the care relations the caller takes part in, for staff all, newest first."""
    wanted = select(CareRelation)
    if not identity.is_staff:
        side = (
            CareRelation.practitioner_id if identity.role == "therapist" else CareRelation.client_id
        )
        wanted = wanted.where(side == identity.account_id)
    if is_active is not None:
        has_ended = CareRelation.ended_at.is_not(None)
        wanted = wanted.where(~has_ended if is_active else has_ended)
    if page.after is not None:
        wanted = wanted.where(CareRelation.id < page.after[0])
    newest = wanted.order_by(CareRelation.id.desc()).limit(page.rows_to_read)
    return page_of(session.execute(newest).scalars().all(), page, lambda row: (row.id,))
