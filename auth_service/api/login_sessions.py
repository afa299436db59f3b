"""Logging in and out, in the clean API and for older systems' clients."""

from http import HTTPStatus

from flask import current_app
from sqlalchemy.orm import Session

from auth_service.api.credentials import with_right_password
from auth_service.api.ending import announce_ended
from auth_service.api.schemas.login_sessions import (
    CredentialsSchema,
    EndThroughDoor,
    EndThroughDoorSchema,
    LogIn,
    LogInSchema,
    LoginSessionSchema,
    LogInThroughDoor,
    LogInThroughDoorSchema,
    Refresh,
    RefreshSchema,
)
from auth_service.api.schemas.tokens import TokenSchema
from auth_service.api.tokens import TokenAnswer, token_answer
from auth_service.api.visitors import caller_of_request, visitor
from auth_service.domain.credentials import Credentials
from auth_service.domain.login_sessions import (
    Door,
    EndedLoginSession,
    LoginSessionView,
    OpenedLoginSession,
    Visitor,
    end_login_sessions,
    end_other_login_sessions,
    end_own_login_session,
    open_login_session,
    refresh_login_session,
)
from auth_service.domain.second_factors import judge_second_factor, needs_second_factor
from auth_service.errors import (
    EmailNotVerified,
    InvalidCredentials,
    InvalidRefreshToken,
    LoginSessionNotFound,
    SecondFactorElsewhere,
    SecondFactorNotAccepted,
    SecondFactorRequired,
)
from auth_service.models.accounts import Account
from auth_service.parts import parts
from auth_service.queries.login_sessions import login_sessions_visible_to
from shared.access_tokens import Identity
from shared.errors import ServiceError, TooManyRequests
from shared.http.blueprint import Blueprint, with_identity
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.pagination import list_schema

blueprint = Blueprint(
    "login_sessions",
    __name__,
    url_prefix="/api/v1/login-sessions",
    description="One's own login sessions.",
)
opening_blueprint = Blueprint(
    "login_sessions_opening",
    __name__,
    url_prefix="/api/v1/login-sessions",
    description="Logging in.",
)
internal_blueprint = Blueprint(
    "login_sessions_internal",
    __name__,
    url_prefix="/internal/v1",
    description="Logging in and out through older systems.",
)


@opening_blueprint.post("")
@opening_blueprint.arguments(LogInSchema)
@opening_blueprint.response(HTTPStatus.CREATED, TokenSchema)
@refuses(InvalidCredentials, SecondFactorRequired, SecondFactorNotAccepted)
def create_login_session(command: LogIn) -> TokenAnswer:
    """Log in: a short access token, and a refresh token to be used once. An account with a second
    factor needs a code of it, or a recovery code, beside the password.
    """
    seen, security, now = visitor(Door.API, command.device), parts().security, clock().now()
    caller = caller_of_request()

    def work(session: Session, account: Account) -> OpenedLoginSession | ServiceError:
        refusal = judge_second_factor(
            session, account, command.second_factor, caller, security=security, now=now
        )
        return refusal or _open(session, account, seen)

    return _answered(with_right_password(command.credentials, work))


@opening_blueprint.post("/refresh")
@opening_blueprint.arguments(RefreshSchema)
@opening_blueprint.response(HTTPStatus.CREATED, TokenSchema)
@refuses(InvalidRefreshToken)
def create_login_session_refresh(command: Refresh) -> TokenAnswer:
    """Exchange a refresh token for a new pair. The same client may fetch a lost answer again for 30
    seconds; any other use of a used one ends the login session.
    """
    seen, now = visitor(Door.API), clock().now()
    security, lifetimes = parts().security, parts().lifetimes
    outcome = database().writing(
        lambda session: refresh_login_session(
            session,
            command.refresh_token,
            seen,
            lifetimes=lifetimes,
            security=security,
            now=now,
        )
    )
    if isinstance(outcome, EndedLoginSession):
        announce_ended([outcome])
        raise InvalidRefreshToken
    return token_answer(current_app, outcome)


@internal_blueprint.post("/login-sessions")
@internal_blueprint.arguments(LogInThroughDoorSchema)
@internal_blueprint.response(HTTPStatus.CREATED, TokenSchema)
@refuses(InvalidCredentials, SecondFactorElsewhere, EmailNotVerified, TooManyRequests)
def create_login_session_through_door(command: LogInThroughDoor) -> TokenAnswer:
    """Log in through an older system: one long token. The password is compared first."""
    seen = visitor(command.opened_through)

    def work(session: Session, account: Account) -> OpenedLoginSession | ServiceError:
        if needs_second_factor(session, account, parts().security):
            return SecondFactorElsewhere()
        if command.require_verified and not account.is_verified:
            return EmailNotVerified()
        return _open(session, account, seen)

    return _answered(with_right_password(command.credentials, work))


def _answered(outcome: OpenedLoginSession | ServiceError) -> TokenAnswer:
    """Answer with a token, or raise a refusal now that its trace is committed."""
    if isinstance(outcome, ServiceError):
        raise outcome
    return token_answer(current_app, outcome)


def _open(session: Session, account: Account, seen: Visitor) -> OpenedLoginSession:
    return open_login_session(
        session,
        account,
        seen,
        lifetimes=parts().lifetimes,
        security=parts().security,
        now=clock().now(),
    )


@internal_blueprint.post("/login-sessions/end")
@internal_blueprint.arguments(EndThroughDoorSchema)
@internal_blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(InvalidCredentials, TooManyRequests)
def end_login_sessions_through_door(command: EndThroughDoor) -> None:
    """Log out with address and password: everything opened through that older system ends."""
    now, door = clock().now(), command.opened_through
    ended = with_right_password(
        command.credentials,
        lambda session, account: end_login_sessions(session, account.id, now=now, door=door),
    )
    announce_ended(ended)


@internal_blueprint.post("/credential-checks")
@internal_blueprint.arguments(CredentialsSchema)
@internal_blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(InvalidCredentials, SecondFactorElsewhere, TooManyRequests)
def check_credentials(credentials: Credentials) -> None:
    """Tell whether address and password are right; nothing is opened."""

    def work(session: Session, account: Account) -> ServiceError | None:
        needs_more = needs_second_factor(session, account, parts().security)
        return SecondFactorElsewhere() if needs_more else None

    refusal = with_right_password(credentials, work)
    if refusal is not None:
        raise refusal


@blueprint.get("")
@with_identity
@blueprint.response(HTTPStatus.OK, list_schema(LoginSessionSchema))
def list_login_sessions(identity: Identity) -> dict[str, list[LoginSessionView]]:
    """List one's own running login sessions, the latest seen first."""
    now = clock().now()
    found = database().reading(
        lambda session: [
            LoginSessionView.of(login, current_login_session_id=identity.login_session_id)
            for login in login_sessions_visible_to(session, identity, now)
        ]
    )
    return {"items": found}


@blueprint.delete("")
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
def delete_other_login_sessions(identity: Identity) -> None:
    """End all of one's own login sessions but the one of this request."""
    now = clock().now()
    ended = database().writing(lambda session: end_other_login_sessions(session, identity, now))
    announce_ended(ended)


@blueprint.delete("/current")
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
def delete_current_login_session(identity: Identity) -> None:
    """Log out: the token of this request is refused from the next request on."""
    announce_ended([_ended_current(identity)])


def _ended_current(identity: Identity) -> EndedLoginSession:
    """End the request's own login session; a development token has none, and dies all the same."""
    now = clock().now()
    try:
        return database().writing(
            lambda session: end_own_login_session(session, identity, identity.login_session_id, now)
        )
    except LoginSessionNotFound:
        return EndedLoginSession.of_token(identity.login_session_id, identity.expires_at)


@blueprint.delete("/<string:login_session_id>")
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(LoginSessionNotFound)
def delete_login_session(identity: Identity, login_session_id: str) -> None:
    """End one of one's own login sessions."""
    now = clock().now()
    ended = database().writing(
        lambda session: end_own_login_session(session, identity, login_session_id, now)
    )
    announce_ended([ended])
