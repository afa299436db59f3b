"""Reading login sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models.login_sessions import LoginSession, RefreshToken
from shared.access_tokens import Identity


def login_sessions_visible_to(
    session: Session, identity: Identity, now: datetime
) -> Sequence[LoginSession]:
    """Give the caller's own running login sessions, the latest seen first; nobody sees others'."""
    return (
        session.execute(
            select(LoginSession)
            .where(
                LoginSession.account_id == identity.account_id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
            )
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id)
        )
        .scalars()
        .all()
    )


def opened_at(session: Session, identity: Identity) -> datetime | None:
    """Tell when the caller's login session was opened, if it is kept and was not ended."""
    login = session.get(LoginSession, identity.login_session_id)
    if login is None or login.account_id != identity.account_id or login.ended_at is not None:
        return None
    return login.created_at


def known_login_session_id(session: Session, identity: Identity) -> str | None:
    """Give the id of the caller's login session; a development token has none that is kept."""
    login = session.get(LoginSession, identity.login_session_id)
    return login.id if login is not None else None


def has_logged_in(session: Session, account_id: int) -> bool:
    """Tell whether somebody has logged in to an account, as far back as login sessions are kept."""
    found = select(LoginSession.id).where(LoginSession.account_id == account_id).limit(1)
    return session.execute(found).first() is not None


def login_session_for_update(session: Session, login_session_id: str) -> LoginSession | None:
    """Give a login session with its row locked, as it is now."""
    return session.get(LoginSession, login_session_id, with_for_update=True, populate_existing=True)


def running_login_sessions_for_update(
    session: Session, account_id: int, now: datetime
) -> Sequence[LoginSession]:
    """Give the running login sessions of an account, locked, by id."""
    return (
        session.execute(
            select(LoginSession)
            .where(
                LoginSession.account_id == account_id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
            )
            .order_by(LoginSession.id)
            .with_for_update()
        )
        .scalars()
        .all()
    )


def refresh_token_for_update(session: Session, token_hash: str) -> RefreshToken | None:
    """Give a refresh token with its row locked, as it is now."""
    return session.get(RefreshToken, token_hash, with_for_update=True, populate_existing=True)


def ended_login_sessions(
    session: Session, now: datetime, *, after: str = "", limit: int | None = None
) -> Sequence[tuple[str, datetime]]:
    """Give id and end of the last token of everything that ended and whose tokens have not
    expired: by id, those after `after`, at most `limit`.
    """
    rows = session.execute(
        select(LoginSession.id, LoginSession.token_expires_at)
        .where(
            LoginSession.ended_at.is_not(None),
            LoginSession.token_expires_at > now,
            LoginSession.id > after,
        )
        .order_by(LoginSession.id)
        .limit(limit)
    )
    return [(row.id, row.token_expires_at) for row in rows]


def unannounced_login_sessions(
    session: Session, now: datetime, limit: int
) -> Sequence[tuple[str, datetime]]:
    """Give the ended login sessions that the store may not know of yet."""
    rows = session.execute(
        select(LoginSession.id, LoginSession.token_expires_at)
        .where(
            LoginSession.ended_at.is_not(None),
            LoginSession.announced_at.is_(None),
            LoginSession.token_expires_at > now,
        )
        .limit(limit)
    )
    return [(row.id, row.token_expires_at) for row in rows]
