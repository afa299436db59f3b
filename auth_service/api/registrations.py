"""`/api/v1/registrations`: the sign-up that never tells whether an address is known."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TypeVar

from sqlalchemy.orm import Session

from auth_service.api.credentials import hash_of
from auth_service.api.even_answers import answered_in_steps
from auth_service.api.schemas.registrations import (
    RegisteredSchema,
    RegistrationSchema,
    RegistrationThroughDoorSchema,
)
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.api.visitors import caller_of_request, wanted_locale
from auth_service.domain.accounts import NewAccount, NewPerson, OpenAccount, Origin
from auth_service.domain.codes import Purpose, fresh_code
from auth_service.domain.passwords import judge_password
from auth_service.domain.registrations import (
    ComparedTooEarly,
    Comparison,
    new_secret,
    sign_up,
    unproved_password_hash,
)
from auth_service.errors import PasswordRejected
from auth_service.parts import parts
from shared.errors import TooManyRequests
from shared.http.blueprint import Blueprint
from shared.http.context import clock, database
from shared.http.declared import refuses

T = TypeVar("T")

MOST_COMPARISONS = 3

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
@blueprint.response(HTTPStatus.ACCEPTED, RegisteredSchema)
@refuses(PasswordRejected)
def create_registration(command: OpenAccount) -> dict[str, str]:
    """Sign up; a code is mailed, or the owner of a known address is told. The password stands once
    the code comes back together with the secret of this answer.
    """
    secret = new_secret()
    _register(command, Origin.API, secret)
    return {"email": command.email, "secret": secret}


@internal_blueprint.post("")
@answered_in_steps
@internal_blueprint.arguments(RegistrationThroughDoorSchema)
@internal_blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
@refuses(PasswordRejected, TooManyRequests)
def create_registration_through_door(command: OpenAccount) -> dict[str, str]:
    """Sign up through an older system."""
    _register(command, Origin.WELLBEING, None)
    return {"email": command.email}


def _register(command: OpenAccount, through: Origin, secret: str | None) -> None:
    judge_password(command.password, command.email)
    hashed = hash_of(command.password)
    new = new_account(command, through, hashed, is_weak=False)
    security, now, caller = parts().security, clock().now(), caller_of_request()
    fresh = fresh_code(security, Purpose.SIGN_UP, command.email)
    refusal = compared_with_unproved(
        command,
        lambda session, comparison: sign_up(
            session, new, fresh, comparison, caller, secret=secret, security=security, now=now
        ),
    )
    if refusal is not None:
        raise refusal


def compared_with_unproved(command: OpenAccount, work: Callable[[Session, Comparison], T]) -> T:
    """Run `work` in a writing transaction with what comparing the password with that of an
    unproved account of the address gave; again while the account's password is another one by
    then.

    Raises:
        Unavailable: too many passwords are being compared.
    """
    for _ in range(MOST_COMPARISONS - 1):
        with suppress(ComparedTooEarly):
            return _compared(command, work)
    return _compared(command, work)


def _compared(command: OpenAccount, work: Callable[[Session, Comparison], T]) -> T:
    kept = database().reading(lambda session: unproved_password_hash(session, command.email))
    is_same = parts().hashing.matches(kept, command.password, caller_of_request().network)
    comparison = Comparison(password_hash=kept, is_same=is_same)
    return database().writing(lambda session: work(session, comparison))


def new_account(
    person: NewPerson, through: Origin, password_hash: str, *, is_weak: bool
) -> NewAccount:
    """Prepare what is written: the password's hash, the locale decided."""
    return NewAccount(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        user_name=person.user_name,
        role=person.role,
        locale=wanted_locale(person.locale),
        country=person.country,
        time_zone=person.time_zone,
        opened_through=through,
        password_hash=password_hash,
        is_weak=is_weak,
    )
