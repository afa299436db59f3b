"""`/api/v1/registrations`: the sign-up that never tells whether an address is known."""

from http import HTTPStatus

from auth_service.api.even_answers import answered_in_steps
from auth_service.api.schemas.registrations import (
    RegistrationSchema,
    RegistrationThroughDoorSchema,
)
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.api.visitors import wanted_locale
from auth_service.domain.accounts import NewAccount, OpenAccount
from auth_service.domain.codes import Purpose, fresh_code
from auth_service.domain.passwords import judge_password
from auth_service.domain.registrations import sign_up
from auth_service.parts import parts
from shared.http.blueprint import Blueprint
from shared.http.context import clock, database

blueprint = Blueprint(
    "registrations", __name__, url_prefix="/api/v1/registrations", description="Signing up."
)
internal_blueprint = Blueprint(
    "registrations_internal",
    __name__,
    url_prefix="/internal/v1/registrations",
    description="Signing up through older systems.",
)


@blueprint.post("")
@answered_in_steps
@blueprint.arguments(RegistrationSchema)
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
def create_registration(command: OpenAccount) -> dict[str, str]:
    """Sign up; a code is mailed, or the owner of a known address is told."""
    return _register(command)


@internal_blueprint.post("")
@answered_in_steps
@internal_blueprint.arguments(RegistrationThroughDoorSchema)
@internal_blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
def create_registration_through_door(command: OpenAccount) -> dict[str, str]:
    """Sign up through an older system."""
    return _register(command)


def _register(command: OpenAccount) -> dict[str, str]:
    judge_password(command.password, command.email)
    new = new_account(command, is_weak=False)
    security, now = parts().security, clock().now()
    fresh = fresh_code(security, Purpose.SIGN_UP, command.email)
    refusal = database().writing(
        lambda session: sign_up(session, new, fresh, security=security, now=now)
    )
    if refusal is not None:
        raise refusal
    return {"email": command.email}


def new_account(command: OpenAccount, *, is_weak: bool) -> NewAccount:
    """Prepare what is written: hash the password, decide the locale.

    Raises:
        Unavailable: too many passwords are being hashed.
    """
    return NewAccount(
        email=command.email,
        first_name=command.first_name,
        last_name=command.last_name,
        user_name=command.user_name,
        role=command.role,
        locale=wanted_locale(command.locale),
        country=command.country,
        time_zone=command.time_zone,
        password_hash=parts().hashing.hash(command.password),
        is_weak=is_weak,
    )
