"""`/api/v1/verification-codes` and `/api/v1/verifications`: proving an address."""

from http import HTTPStatus

from auth_service.api.ending import announce_ended
from auth_service.api.even_answers import answered_in_steps
from auth_service.api.schemas.verifications import (
    AddressSchema,
    AskForCodeSchema,
    GiveCodeSchema,
    ProvedAddressSchema,
)
from auth_service.domain.codes import Purpose, fresh_code
from auth_service.domain.verifications import GiveCode, ProvedAddress, ask_again, give_code
from auth_service.errors import CodeNotAccepted
from auth_service.parts import parts
from shared.http.blueprint import Blueprint
from shared.http.context import clock, database

blueprint = Blueprint(
    "verifications", __name__, url_prefix="/api/v1", description="Proving an address."
)


@blueprint.post("/verification-codes")
@answered_in_steps
@blueprint.arguments(AskForCodeSchema)
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
def create_verification_code(email: str) -> dict[str, str]:
    """Ask for the code again; the answer is the same whatever the address is."""
    security, now = parts().security, clock().now()
    sign_up = fresh_code(security, Purpose.SIGN_UP, email)
    email_change = fresh_code(security, Purpose.EMAIL_CHANGE, email)
    database().writing(
        lambda session: ask_again(session, sign_up, email_change, security=security, now=now)
    )
    return {"email": email}


@blueprint.post("/verifications")
@blueprint.arguments(GiveCodeSchema)
@blueprint.response(HTTPStatus.OK, ProvedAddressSchema)
def create_verification(command: GiveCode) -> ProvedAddress:
    """Give the code back: the address counts as proved."""
    security, now = parts().security, clock().now()
    proved = database().writing(
        lambda session: give_code(session, command, security=security, now=now)
    )
    if proved is None:
        raise CodeNotAccepted
    announce_ended(proved.ended)
    return proved
