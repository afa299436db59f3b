"""`/api/v1/password-resets`: a forgotten password."""

from http import HTTPStatus

from auth_service.api.credentials import hash_of
from auth_service.api.ending import announce_ended
from auth_service.api.even_answers import answered_in_steps
from auth_service.api.schemas.password_resets import (
    AskForResetSchema,
    CheckResetSchema,
    ConfirmResetSchema,
)
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.api.visitors import caller_of_request
from auth_service.domain.codes import Purpose, email_of_link, fresh_code
from auth_service.domain.password_resets import (
    ConfirmReset,
    ConfirmResetByLink,
    PasswordReset,
    ask_for_reset,
    check_reset_code,
    reset_password,
    reset_password_by_link,
)
from auth_service.domain.passwords import NewPassword, judge_password
from auth_service.domain.verifications import GiveCode
from auth_service.errors import CodeNotAccepted, LinkNotAccepted, NoResetCode, PasswordRejected
from auth_service.parts import parts
from shared.http.blueprint import Blueprint
from shared.http.context import clock, database
from shared.http.declared import refuses

blueprint = Blueprint(
    "password_resets",
    __name__,
    url_prefix="/api/v1/password-resets",
    description="A forgotten password.",
)


@blueprint.post("")
@answered_in_steps
@blueprint.arguments(AskForResetSchema)
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
def create_password_reset(email: str) -> dict[str, str]:
    """Ask for a code; the answer is the same whatever the address is."""
    security, now = parts().security, clock().now()
    fresh = fresh_code(security, Purpose.PASSWORD_RESET, email)
    caller = caller_of_request()
    database().writing(
        lambda session: ask_for_reset(session, fresh, caller, security=security, now=now)
    )
    return {"email": email}


@blueprint.post("/check")
@blueprint.arguments(CheckResetSchema)
@blueprint.response(HTTPStatus.OK, AddressSchema)
@refuses(CodeNotAccepted, NoResetCode)
def check_password_reset(command: GiveCode) -> GiveCode:
    """Tell whether the code is right; it stays usable, and the try counts."""
    security, now, caller = parts().security, clock().now(), caller_of_request()
    is_right = database().writing(
        lambda session: check_reset_code(session, command, caller, security=security, now=now)
    )
    if not is_right:
        raise CodeNotAccepted
    return command


@blueprint.post("/confirm")
@blueprint.arguments(ConfirmResetSchema)
@blueprint.response(HTTPStatus.OK, AddressSchema)
@refuses(CodeNotAccepted, LinkNotAccepted, NoResetCode, PasswordRejected)
def confirm_password_reset(command: ConfirmReset | ConfirmResetByLink) -> PasswordReset:
    """Set a password with the code or the token of the link; every login session ends. A password
    the policy refuses costs no try.
    """
    done = _by_link(command) if isinstance(command, ConfirmResetByLink) else _by_code(command)
    announce_ended(done.ended)
    return done


def _by_code(command: ConfirmReset) -> PasswordReset:
    new = _judged_and_hashed(command.password, command.proof.email)
    security, now, caller = parts().security, clock().now(), caller_of_request()
    done = database().writing(
        lambda session: reset_password(
            session, command.proof, caller, new, security=security, now=now
        )
    )
    if done is None:
        raise CodeNotAccepted
    return done


def _by_link(command: ConfirmResetByLink) -> PasswordReset:
    token = command.token
    email = database().reading(lambda session: email_of_link(session, token))
    new = _judged_and_hashed(command.password, email)
    security, now = parts().security, clock().now()
    done = database().writing(
        lambda session: reset_password_by_link(
            session, email, token, new, security=security, now=now
        )
    )
    if done is None:
        raise LinkNotAccepted
    return done


def _judged_and_hashed(password: str, email: str) -> NewPassword:
    judge_password(password, email)
    return NewPassword(hash=hash_of(password), is_weak=False)
