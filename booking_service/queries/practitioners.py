"""Reading practitioners."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from booking_service.errors import PractitionerNotFound
from booking_service.models.care_relations import CareRelation
from booking_service.models.practitioners import Practitioner
from booking_service.models.tables import has_code
from shared.access_tokens import Identity
from shared.pages import Page, PageWanted, page_of


@dataclass(frozen=True, kw_only=True)
class PractitionerFilter:
    """What a listed practitioner must have; None asks for nothing."""

    topic: int | None = None
    method: int | None = None
    language: str | None = None
    therapy_type: str | None = None
    gender: str | None = None
    is_published: bool | None = None


class Listing(NamedTuple):
    """What clients can wish for of a listed practitioner."""

    id: int
    therapy_types: tuple[str, ...]
    languages: tuple[str, ...]
    topics: tuple[int, ...]
    gender: str
    price_minor_units: int
    currency: str


_LISTINGS = select(
    Practitioner.id,
    Practitioner.therapy_types,
    Practitioner.languages,
    Practitioner.topics,
    Practitioner.gender,
    Practitioner.price_minor_units,
    Practitioner.currency,
).where(Practitioner.is_published)


def find_practitioner(session: Session, practitioner_id: int) -> Practitioner:
    """Give a practitioner whoever asks: for rules and other services.

    Raises:
        PractitionerNotFound: nobody has a record under that id.
    """
    found = session.get(Practitioner, practitioner_id)
    if found is None:
        raise PractitionerNotFound
    return found


def active_flags(session: Session, practitioner_ids: Collection[int]) -> Mapping[int, bool]:
    """Tell of each record, by id, whether its account is active as far as auth told."""
    wanted = select(Practitioner.id, Practitioner.is_active)
    rows = session.execute(wanted.where(Practitioner.id.in_(list(practitioner_ids))))
    return {row.id: row.is_active for row in rows}


def practitioner_visible_to(
    session: Session, identity: Identity | None, practitioner_id: int
) -> Practitioner:
    """Give a practitioner the caller may see: a published one whoever asks, one's own record, one's
    present therapist, any for staff.

    Raises:
        PractitionerNotFound: unknown, or not visible to the caller.
    """
    found = find_practitioner(session, practitioner_id)
    if found.is_published:
        return found
    if identity is None:
        raise PractitionerNotFound
    if identity.is_staff or identity.account_id == practitioner_id:
        return found
    is_own_therapist = select(CareRelation.id).where(
        CareRelation.client_id == identity.account_id,
        CareRelation.practitioner_id == practitioner_id,
        CareRelation.ended_at.is_(None),
    )
    if session.execute(is_own_therapist).first() is None:
        raise PractitionerNotFound
    return found


def practitioners_visible_to(
    session: Session, identity: Identity | None, wanted: PractitionerFilter, page: PageWanted
) -> Page[Practitioner]:
    """Give a page of the practitioners the caller may list, by id: published ones and oneself, for
    staff all.
    """
    matching = _matching(wanted)
    if identity is not None and identity.role == "therapist":
        is_own = Practitioner.id == identity.account_id
        matching = matching.where(or_(Practitioner.is_published, is_own))
    elif identity is None or not identity.is_staff:
        matching = matching.where(Practitioner.is_published)
    if page.after is not None:
        matching = matching.where(Practitioner.id > page.after[0])
    rows = session.execute(matching.order_by(Practitioner.id).limit(page.rows_to_read))
    return page_of(rows.scalars().all(), page, lambda row: (row.id,))


def published_listings(session: Session) -> Sequence[Listing]:
    """Give every listed practitioner, by id."""
    return [Listing(*row) for row in session.execute(_LISTINGS.order_by(Practitioner.id))]


def listings_of(session: Session, practitioner_ids: Sequence[int]) -> Sequence[Listing]:
    """Give who of some practitioners is listed."""
    wanted = _LISTINGS.where(Practitioner.id.in_(practitioner_ids))
    return [Listing(*row) for row in session.execute(wanted)]


def _matching(wanted: PractitionerFilter) -> Select[Practitioner]:
    found = select(Practitioner)
    if wanted.topic is not None:
        found = found.where(has_code(Practitioner.topics, wanted.topic))
    if wanted.method is not None:
        found = found.where(has_code(Practitioner.methods, wanted.method))
    if wanted.language is not None:
        found = found.where(has_code(Practitioner.languages, wanted.language))
    if wanted.therapy_type is not None:
        found = found.where(has_code(Practitioner.therapy_types, wanted.therapy_type))
    if wanted.gender is not None:
        found = found.where(Practitioner.gender == wanted.gender)
    if wanted.is_published is not None:
        found = found.where(Practitioner.is_published == wanted.is_published)
    return found
