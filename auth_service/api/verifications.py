"""`/api/v1/verification-codes` and `/api/v1/verifications`: proving an address."""

from http import HTTPStatus

from auth_service.api.email_corrections import consented
from auth_service.api.ending import announce_ended
from auth_service.api.even_answers import answered_in_steps
from auth_service.api.schemas.verifications import (
    AddressSchema,
    AskForCodeSchema,
    GiveCodeSchema,
    ProveAddress,
    ProveAddressSchema,
    ProvedAddressSchema,
)
from auth_service.api.visitors import caller_of_request
from auth_service.domain.accounts import Origin
from auth_service.domain.codes import Purpose, email_of_link, fresh_code
from auth_service.domain.registrations import Claim
from auth_service.domain.verifications import (
    GiveCode,
    GiveLink,
    ProvedAddress,
    ask_again,
    give_code,
    give_link,
)
from auth_service.errors import CodeNotAccepted, EmailTaken, LinkNotAccepted
from auth_service.parts import parts
from shared.errors import TooManyRequests
from shared.http.blueprint import Blueprint
from shared.http.context import clock, database
from shared.http.declared import refuses

CORRECTION = "email_correction"

blueprint = Blueprint(
    "verifications", __name__, url_prefix="/api/v1", description="Proving an address."
)
internal_blueprint = Blueprint(
    "verifications_internal",
    __name__,
    url_prefix="/internal/v1",
    description="Proving an address through older systems.",
)


@blueprint.post("/verification-codes")
@answered_in_steps
@blueprint.arguments(AskForCodeSchema)
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
def create_verification_code(email: str) -> dict[str, str]:
    """Ask for the code again; the answer is the same whatever the address is."""
    security, now, caller = parts().security, clock().now(), caller_of_request()
    sign_up = fresh_code(security, Purpose.SIGN_UP, email)
    email_change = fresh_code(security, Purpose.EMAIL_CHANGE, email)
    database().writing(
        lambda session: ask_again(
            session, sign_up, email_change, caller, security=security, now=now
        )
    )
    return {"email": email}


@blueprint.post("/verifications")
@blueprint.arguments(ProveAddressSchema)
@blueprint.response(HTTPStatus.OK, ProvedAddressSchema)
@refuses(CodeNotAccepted, LinkNotAccepted, EmailTaken)
def create_verification(command: ProveAddress) -> ProvedAddress:
    """Give the code or the token of the link back: the address counts as proved. Beside it stands
    the secret the registration was answered with; without it the account's password does not
    stand, and a link to set one is mailed. The token of the mail about a correction that staff
    propose agrees to it.
    """
    if isinstance(command.proof, GiveLink):
        return _by_link(command.proof, command.claim)
    return _by_code(command.proof, command.claim)


@internal_blueprint.post("/verifications")
@internal_blueprint.arguments(GiveCodeSchema)
@internal_blueprint.response(HTTPStatus.OK, ProvedAddressSchema)
@refuses(CodeNotAccepted, EmailTaken, TooManyRequests)
def create_verification_through_door(command: GiveCode) -> ProvedAddress:
    """Give the code back through `wellbeing`."""
    return _by_code(command, Claim(through=Origin.WELLBEING))


def _by_code(command: GiveCode, claim: Claim) -> ProvedAddress:
    security, now, caller = parts().security, clock().now(), caller_of_request()
    proved = database().writing(
        lambda session: give_code(session, command, claim, caller, security=security, now=now)
    )
    if proved is None:
        raise CodeNotAccepted
    announce_ended(proved.ended)
    return proved


def _by_link(command: GiveLink, claim: Claim) -> ProvedAddress:
    security, now = parts().security, clock().now()
    try:
        email = database().reading(lambda session: email_of_link(session, command.token))
    except LinkNotAccepted:
        return ProvedAddress(email=consented(command.token), purpose=CORRECTION)
    proved = database().writing(
        lambda session: give_link(session, email, command, claim, security=security, now=now)
    )
    if proved is None:
        raise LinkNotAccepted
    announce_ended(proved.ended)
    return proved
