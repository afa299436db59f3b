"""Operations on login sessions: opening, keeping going, ending."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from auth_service.domain.accounts import AccountView
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.security import token_hash
from auth_service.errors import InvalidRefreshToken, LoginSessionNotFound
from auth_service.models.accounts import Account
from auth_service.models.login_sessions import LoginSession, RefreshToken
from auth_service.queries.accounts import account_by_id
from auth_service.queries.login_sessions import (
    login_session_for_update,
    refresh_token_for_update,
    running_login_sessions_for_update,
)
from shared.http.authentication import Identity

KEPT_AFTER_EXPIRY = timedelta(days=30)


class Door(StrEnum):
    """Through which clients a login session was opened; its tokens open every door."""

    API = "api"
    WELLBEING = "wellbeing"
    ACCOUNTS = "accounts"
    MATCHING = "matching"


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long tokens live, by door; only those of the API are refreshed."""

    access: timedelta
    refresh: timedelta
    wellbeing: timedelta
    accounts: timedelta
    matching: timedelta

    def of(self, door: Door) -> timedelta:
        """Give the lifetime of an access token."""
        return {
            Door.API: self.access,
            Door.WELLBEING: self.wellbeing,
            Door.ACCOUNTS: self.accounts,
            Door.MATCHING: self.matching,
        }[door]


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """From where somebody comes, as they will recognise it in the list of their login sessions."""

    door: Door
    device: str
    address: str


@dataclass(frozen=True, kw_only=True)
class OpenedLoginSession:
    """What a token is made of, and the refresh token where there is one."""

    id: str
    account: AccountView
    token_expires_at: datetime
    refresh_token: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class EndedLoginSession:
    """What the store of ended login sessions must know: no token of it lives after the instant."""

    id: str
    token_expires_at: datetime

    @classmethod
    def of_token(cls, login_session_id: str, expires_at: int) -> "EndedLoginSession":
        """Speak of a token that dies at `expires_at`, in seconds since the epoch."""
        return cls(id=login_session_id, token_expires_at=datetime.fromtimestamp(expires_at, UTC))


@dataclass(frozen=True, kw_only=True)
class LoginSessionView:
    """A running login session as its owner sees it."""

    id: str
    device: str
    address: str
    opened_through: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool

    @classmethod
    def of(cls, login: LoginSession, *, current_login_session_id: str) -> "LoginSessionView":
        """Copy what may be shown."""
        return cls(
            id=login.id,
            device=login.device,
            address=login.address,
            opened_through=login.opened_through,
            created_at=login.created_at,
            last_seen_at=login.last_seen_at,
            is_current=login.id == current_login_session_id,
        )


def open_login_session(
    session: Session, account: Account, visitor: Visitor, *, lifetimes: Lifetimes, now: datetime
) -> OpenedLoginSession:
    """Open a login session for an account whose owner has just shown who they are."""
    token_expires_at = now + lifetimes.of(visitor.door)
    is_refreshed = visitor.door is Door.API
    login = LoginSession(
        id=uuid.uuid4().hex,
        account_id=account.id,
        opened_through=visitor.door.value,
        device=visitor.device,
        address=visitor.address,
        created_at=now,
        last_seen_at=now,
        token_expires_at=token_expires_at,
        expires_at=now + lifetimes.refresh if is_refreshed else token_expires_at,
    )
    session.add(login)
    session.flush()
    add_audit_entry(session, Act.LOGIN, account_id=account.id, actor_id=account.id, now=now)
    return OpenedLoginSession(
        id=login.id,
        account=AccountView.of(account),
        token_expires_at=token_expires_at,
        refresh_token=_new_refresh_token(session, login) if is_refreshed else None,
    )


def refresh_login_session(
    session: Session, refresh_token: str, address: str, *, lifetimes: Lifetimes, now: datetime
) -> OpenedLoginSession | EndedLoginSession:
    """Exchange a refresh token, once, for a new pair. One that comes again was stolen, from one
    side or the other: it ends the login session, and the caller refuses after committing that.

    Locks the token and the login session.

    Raises:
        InvalidRefreshToken: unknown, or its login session has ended or run out.
    """
    found = refresh_token_for_update(session, token_hash(refresh_token))
    login = login_session_for_update(session, found.session_id) if found is not None else None
    if found is None or login is None or not login.is_running(now):
        raise InvalidRefreshToken
    if found.used_at is not None:
        add_audit_entry(session, Act.REFRESH_TOKEN_REUSED, account_id=login.account_id, now=now)
        return _end(login, now)
    found.used_at = now
    login.last_seen_at = now
    login.address = address
    login.token_expires_at = now + lifetimes.access
    login.expires_at = now + lifetimes.refresh
    return OpenedLoginSession(
        id=login.id,
        account=AccountView.of(account_by_id(session, login.account_id)),
        token_expires_at=login.token_expires_at,
        refresh_token=_new_refresh_token(session, login),
    )


def end_own_login_session(
    session: Session, identity: Identity, login_session_id: str, now: datetime
) -> EndedLoginSession:
    """End one of the caller's login sessions; ending twice changes nothing.

    Raises:
        LoginSessionNotFound: unknown, or somebody else's.
    """
    login = login_session_for_update(session, login_session_id)
    if login is not None and login.account_id == identity.account_id:
        if login.ended_at is None:
            _end(login, now)
            add_audit_entry(
                session,
                Act.LOGIN_SESSION_ENDED,
                account_id=login.account_id,
                actor_id=identity.account_id,
                now=now,
            )
        return EndedLoginSession(id=login.id, token_expires_at=login.token_expires_at)
    raise LoginSessionNotFound


def end_other_login_sessions(
    session: Session, identity: Identity, now: datetime
) -> list[EndedLoginSession]:
    """End all of the caller's login sessions but the one of this request; give what ended."""
    ended = end_login_sessions(session, identity.account_id, now=now, but=identity.login_session_id)
    for _each in ended:
        add_audit_entry(
            session,
            Act.LOGIN_SESSION_ENDED,
            account_id=identity.account_id,
            actor_id=identity.account_id,
            now=now,
        )
    return ended


def end_login_sessions(
    session: Session,
    account_id: int,
    *,
    now: datetime,
    but: str | None = None,
    door: Door | None = None,
) -> list[EndedLoginSession]:
    """End an account's running login sessions, `but` one, or only those opened through one door;
    give what ended.
    """
    return [
        _end(login, now)
        for login in running_login_sessions_for_update(session, account_id, now)
        if login.id != but and (door is None or login.opened_through == door.value)
    ]


def mark_announced(session: Session, login_session_ids: list[str], now: datetime) -> None:
    """Note that the store knows of these ends."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id.in_(login_session_ids), LoginSession.announced_at.is_(None))
        .values(announced_at=now)
    )


def prune_login_sessions(session: Session, now: datetime) -> None:
    """Delete what ran out long ago."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at < now - KEPT_AFTER_EXPIRY))


def _end(login: LoginSession, now: datetime) -> EndedLoginSession:
    login.ended_at = now
    return EndedLoginSession(id=login.id, token_expires_at=login.token_expires_at)


def _new_refresh_token(session: Session, login: LoginSession) -> str:
    token = secrets.token_urlsafe(32)
    session.add(RefreshToken(token_hash=token_hash(token), session_id=login.id, used_at=None))
    return token
