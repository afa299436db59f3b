"""Operations on login sessions: opening, keeping going, ending."""

import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from auth_service.domain.accounts import PROFESSIONALS, AccountView
from auth_service.domain.audit_entries import Act, add_audit_entry
from auth_service.domain.security import Security, token_hash
from auth_service.errors import InvalidRefreshToken, LoginSessionNotFound
from auth_service.models.accounts import Account
from auth_service.models.login_sessions import LoginSession, RefreshToken
from auth_service.queries.accounts import account_by_id
from auth_service.queries.login_sessions import (
    login_session_for_update,
    refresh_token_for_update,
    running_login_sessions_for_update,
)
from auth_service.queries.second_factors import has_second_factor
from shared.access_tokens import CHANGE_PASSWORD, SET_UP_SECOND_FACTOR, STAFF, Identity
from shared.http.addresses import network_of

KEPT_AFTER_EXPIRY = timedelta(days=30)
FETCHED_AGAIN = timedelta(seconds=30)


class Door(StrEnum):
    """Through which clients a login session was opened; its tokens open every door."""

    API = "api"
    WELLBEING = "wellbeing"
    ACCOUNTS = "accounts"
    MATCHING = "matching"


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long tokens live, by door; only those of the API are refreshed, until
    `refreshed_at_most` after the login. No token of a therapist or of staff lives longer than
    `professional`.
    """

    access: timedelta
    refresh: timedelta
    refreshed_at_most: timedelta
    wellbeing: timedelta
    accounts: timedelta
    matching: timedelta
    professional: timedelta

    def of(self, door: Door, role: str) -> timedelta:
        """Give the lifetime of an access token."""
        lifetime = {
            Door.API: self.access,
            Door.WELLBEING: self.wellbeing,
            Door.ACCOUNTS: self.accounts,
            Door.MATCHING: self.matching,
        }[door]
        return self._bounded(lifetime, role)

    def of_refresh(self, role: str) -> timedelta:
        """Give the lifetime of a refresh token."""
        return self._bounded(self.refresh, role)

    def _bounded(self, lifetime: timedelta, role: str) -> timedelta:
        return min(lifetime, self.professional) if role in PROFESSIONALS else lifetime


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
    door: Door
    duty: str | None
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


def duty_of(session: Session, account: Account, security: Security) -> str | None:
    """Tell what the account's owner has to do before anything else: therapists and staff change a
    password that is marked; staff set up a second factor where the setting asks for one.
    """
    if account.must_change_password and account.role in PROFESSIONALS:
        return CHANGE_PASSWORD
    needs_one = security.staff_need_second_factor and account.role in STAFF
    if needs_one and not has_second_factor(session, account.id):
        return SET_UP_SECOND_FACTOR
    return None


def open_login_session(
    session: Session,
    account: Account,
    visitor: Visitor,
    *,
    lifetimes: Lifetimes,
    security: Security,
    now: datetime,
) -> OpenedLoginSession:
    """Open a login session for an account whose owner has just shown who they are."""
    latest = now + lifetimes.refreshed_at_most
    token_expires_at = now + lifetimes.of(visitor.door, account.role)
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
        expires_at=min(now + lifetimes.of_refresh(account.role), latest)
        if is_refreshed
        else token_expires_at,
    )
    session.add(login)
    session.flush()
    add_audit_entry(session, Act.LOGIN, account_id=account.id, actor_id=account.id, now=now)
    return OpenedLoginSession(
        id=login.id,
        account=AccountView.of(account),
        door=visitor.door,
        duty=duty_of(session, account, security),
        token_expires_at=token_expires_at,
        refresh_token=_new_refresh_token(session, login) if is_refreshed else None,
    )


def refresh_login_session(
    session: Session,
    refresh_token: str,
    visitor: Visitor,
    *,
    lifetimes: Lifetimes,
    security: Security,
    now: datetime,
) -> OpenedLoginSession | EndedLoginSession:
    """Exchange a refresh token, once, for a new pair. The client that used it may fetch the same
    refresh token again for half a minute, as long as nobody has used that one: its answer was lost.
    Otherwise one that comes again was stolen, from one side or the other: it ends the login
    session, and the caller refuses after committing that.

    Locks the token and the login session.

    Raises:
        InvalidRefreshToken: unknown, or its login session has ended or run out.
    """
    found = refresh_token_for_update(session, token_hash(refresh_token))
    login = login_session_for_update(session, found.session_id) if found is not None else None
    if found is None or login is None or not login.is_running(now):
        raise InvalidRefreshToken
    client = _client_of(visitor, security)
    following = _following(refresh_token, security)
    if found.used_at is None:
        found.used_at, found.used_by = now, client
        _keep_refresh_token(session, login, following)
    elif not _was_lost(session, found, following, client, now):
        add_audit_entry(session, Act.REFRESH_TOKEN_REUSED, account_id=login.account_id, now=now)
        return _end(login, now)
    return _refreshed(
        session, login, following, visitor, lifetimes=lifetimes, security=security, now=now
    )


def _refreshed(
    session: Session,
    login: LoginSession,
    refresh_token: str,
    visitor: Visitor,
    *,
    lifetimes: Lifetimes,
    security: Security,
    now: datetime,
) -> OpenedLoginSession:
    account, door = account_by_id(session, login.account_id), Door(login.opened_through)
    latest = login.created_at + lifetimes.refreshed_at_most
    login.last_seen_at = now
    login.address = visitor.address
    login.token_expires_at = min(now + lifetimes.of(door, account.role), latest)
    login.expires_at = min(now + lifetimes.of_refresh(account.role), latest)
    return OpenedLoginSession(
        id=login.id,
        account=AccountView.of(account),
        door=door,
        duty=duty_of(session, account, security),
        token_expires_at=login.token_expires_at,
        refresh_token=refresh_token,
    )


def _was_lost(
    session: Session, used: RefreshToken, following: str, client: str, now: datetime
) -> bool:
    """Tell whether a used token comes again because its answer was lost: from the same client, at
    once, while the one it was exchanged for waits unused.
    """
    is_theirs = used.used_by is not None and hmac.compare_digest(used.used_by, client)
    is_soon = used.used_at is not None and now <= used.used_at + FETCHED_AGAIN
    if not (is_theirs and is_soon):
        return False
    waiting = refresh_token_for_update(session, token_hash(following))
    return waiting is not None and waiting.used_at is None


def _following(refresh_token: str, security: Security) -> str:
    """Make the token that follows another, the same each time; without the service's key nobody
    can.
    """
    return security.keyed_hash("following refresh token", refresh_token)


def _client_of(visitor: Visitor, security: Security) -> str:
    """Tell clients apart: by network and by what their program calls itself."""
    network = network_of(visitor.address)
    return security.keyed_hash("client", f"{network}\x00{visitor.device}")


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
    _keep_refresh_token(session, login, token)
    return token


def _keep_refresh_token(session: Session, login: LoginSession, token: str) -> None:
    session.add(RefreshToken(token_hash=token_hash(token), session_id=login.id, used_at=None))
