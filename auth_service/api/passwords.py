"""Changing one's own password, in the clean API and for older systems' clients."""

from http import HTTPStatus

from sqlalchemy.orm import Session

from auth_service.api.credentials import counted_and_compared, hash_of
from auth_service.api.ending import announce_ended
from auth_service.api.schemas.passwords import (
    ChangePasswordSchema,
    ChangePasswordThroughDoorSchema,
)
from auth_service.domain.accounts import PROFESSIONALS, AccountView
from auth_service.domain.audit_entries import Act
from auth_service.domain.credentials import Credentials
from auth_service.domain.limits import alone_with, forget_attempts
from auth_service.domain.login_sessions import EndedLoginSession
from auth_service.domain.passwords import (
    ChangePassword,
    NewPassword,
    judge_password,
    replace_password,
)
from auth_service.errors import AccountNotFound, OldPasswordIncorrect, PasswordRejected
from auth_service.parts import parts
from auth_service.queries.accounts import account_by_id
from shared.access_tokens import Identity
from shared.errors import NotAllowed, NotAuthenticated, TooManyRequests
from shared.http.blueprint import Blueprint, with_identity
from shared.http.context import clock, database, identity_if_any
from shared.http.declared import refuses

blueprint = Blueprint(
    "passwords", __name__, url_prefix="/api/v1/accounts", description="One's own password."
)
internal_blueprint = Blueprint(
    "passwords_internal",
    __name__,
    url_prefix="/internal/v1/accounts",
    description="One's own password, through older systems.",
)


@blueprint.put("/me/password")
@with_identity
@blueprint.arguments(ChangePasswordSchema)
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(AccountNotFound, OldPasswordIncorrect, PasswordRejected)
def change_own_password(command: ChangePassword, identity: Identity) -> None:
    """Change one's own password; every other login session ends."""
    _change(command, identity)


@internal_blueprint.put("/<int:account_id>/password")
@internal_blueprint.arguments(ChangePasswordThroughDoorSchema)
@internal_blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(NotAllowed, AccountNotFound, OldPasswordIncorrect, PasswordRejected, TooManyRequests)
def change_password_through_door(command: ChangePassword, account_id: int) -> None:
    """Change one's own password through an older system, which says whose; a weak one is a client's
    only.
    """
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    if identity.account_id != account_id:
        raise NotAllowed
    _change(command, identity)


def _change(command: ChangePassword, identity: Identity) -> None:
    account = database().reading(
        lambda session: AccountView.of(account_by_id(session, identity.account_id))
    )
    shown = Credentials(email=account.email, password=command.old_password)
    counted = counted_and_compared(shown, OldPasswordIncorrect(), Act.PASSWORD_CHANGE_REFUSED)
    database().writing(lambda session: forget_attempts(session, counted.attempt_ids))
    accept_weak = command.accept_weak and account.role not in PROFESSIONALS
    is_weak = judge_password(command.new_password, account.email, accept_weak=accept_weak)
    new = NewPassword(hash=hash_of(command.new_password), is_weak=is_weak)
    announce_ended(_recorded(identity, account.email, counted.password_hash or "", new))


def _recorded(
    identity: Identity, email: str, compared_hash: str, new: NewPassword
) -> list[EndedLoginSession]:
    security, now = parts().security, clock().now()

    def work(session: Session) -> list[EndedLoginSession]:
        alone_with(session, email)
        return replace_password(
            session,
            identity.account_id,
            compared_hash=compared_hash,
            new=new,
            current_login_session_id=identity.login_session_id,
            security=security,
            now=now,
        )

    return database().writing(work)
