"""Reading guided sessions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from chat_service.errors import GuidedSessionNotFound
from chat_service.models.guided_sessions import GuidedSession


def guided_session_visible_to(
    session: Session, account_id: int, guided_session_id: int
) -> GuidedSession:
    """Give a person's own guided session; nobody else sees it, staff neither.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
    """
    return _found(session, _one(account_id, guided_session_id))


def guided_session_for_update(
    session: Session, account_id: int, guided_session_id: int
) -> GuidedSession:
    """Give and lock a person's own guided session.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
    """
    return _found(session, _one(account_id, guided_session_id).with_for_update())


def next_guided_session(session: Session, guided_session: GuidedSession) -> GuidedSession | None:
    """Give and lock the session of the stage after this one; None after the last."""
    wanted = (
        select(GuidedSession)
        .where(
            GuidedSession.account_id == guided_session.account_id,
            GuidedSession.stage_order > guided_session.stage_order,
        )
        .order_by(GuidedSession.stage_order)
        .limit(1)
        .with_for_update()
    )
    return session.execute(wanted).scalar_one_or_none()


def guided_session_rows(session: Session, account_id: int) -> Sequence[Row[Any]]:
    """Read all columns of a person's sessions in the programme's order, without making objects:
    the hot read.
    """
    table = GuidedSession.__table__
    wanted = select(table).where(table.c.account_id == account_id).order_by(table.c.stage_order)
    return session.execute(wanted).all()


def progress_row(session: Session, account_id: int) -> tuple[int, int]:
    """Count a person's completed stages and answered questions."""
    row = session.execute(
        select(
            func.count(GuidedSession.completed_at),
            func.coalesce(func.sum(GuidedSession.answered_questions), 0),
        ).where(GuidedSession.account_id == account_id)
    ).one()
    return int(row[0]), int(row[1])


def _one(account_id: int, guided_session_id: int) -> Select[GuidedSession]:
    return select(GuidedSession).where(
        GuidedSession.id == guided_session_id, GuidedSession.account_id == account_id
    )


def _found(session: Session, wanted: Select[GuidedSession]) -> GuidedSession:
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise GuidedSessionNotFound
    return found
