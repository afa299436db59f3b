"""Reading mailed codes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.codes import ANYBODY, Code


def code_for_update(
    session: Session, purpose: str, email: str, *, asked_by: int = ANYBODY
) -> Code | None:
    """Give the code of an address with its row locked, as it is now."""
    return session.execute(
        select(Code)
        .where(Code.purpose == purpose, Code.email == email, Code.asked_by == asked_by)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def code_with_link_hash(
    session: Session, link_hash: str, *, for_update: bool = False
) -> Code | None:
    """Give the code beside which a link was mailed; on request with its row locked, as it is
    now.
    """
    found = select(Code).where(Code.link_hash == link_hash)
    if for_update:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.execute(found).scalar_one_or_none()


def codes_for_update(session: Session, purpose: str, email: str) -> Sequence[Code]:
    """Give every code of an address and purpose, the latest asked for first, locked."""
    return (
        session.execute(
            select(Code)
            .where(Code.purpose == purpose, Code.email == email)
            .order_by(Code.asked_at.desc(), Code.id.desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )
