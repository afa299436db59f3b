"""One's own second factor: beginning, confirming, reading and taking it away."""

from http import HTTPStatus

from auth_service.api.credentials import with_own_password
from auth_service.api.ending import announce_ended
from auth_service.api.schemas.second_factors import (
    BegunSecondFactorSchema,
    RecoveryCodesSchema,
    SecondFactorSchema,
    ShowCode,
    ShowCodeSchema,
    ShowPassword,
    ShowPasswordSchema,
)
from auth_service.api.visitors import caller_of_request
from auth_service.domain.second_factors import (
    BegunSecondFactor,
    ConfirmedSecondFactor,
    SecondFactorState,
    begin_second_factor,
    confirm_second_factor,
    second_factor_state,
    take_second_factor_away,
)
from auth_service.errors import (
    AccountNotFound,
    NoSecondFactor,
    OldPasswordIncorrect,
    SecondFactorNotAccepted,
    SecondFactorStands,
)
from auth_service.parts import parts
from shared.access_tokens import Identity
from shared.errors import ServiceError
from shared.http.blueprint import Blueprint, with_identity
from shared.http.context import clock, database
from shared.http.declared import refuses

blueprint = Blueprint(
    "second_factors",
    __name__,
    url_prefix="/api/v1/accounts/me/second-factor",
    description="One's own second factor.",
)


@blueprint.get("")
@with_identity
@blueprint.response(HTTPStatus.OK, SecondFactorSchema)
def read_second_factor(identity: Identity) -> SecondFactorState:
    """Tell whether a second factor stands, and how many recovery codes are left."""
    security = parts().security
    return database().reading(
        lambda session: second_factor_state(session, identity, security=security)
    )


@blueprint.post("")
@with_identity
@blueprint.arguments(ShowPasswordSchema)
@blueprint.response(HTTPStatus.CREATED, BegunSecondFactorSchema)
@refuses(AccountNotFound, OldPasswordIncorrect, SecondFactorStands)
def create_second_factor(command: ShowPassword, identity: Identity) -> BegunSecondFactor:
    """Begin: get a secret for the app. It counts once a code of it is given to `/confirmation`."""
    security, now, own = parts().security, clock().now(), identity.account_id
    return with_own_password(
        identity,
        command.password,
        lambda session: begin_second_factor(session, own, security=security, now=now),
    )


@blueprint.post("/confirmation")
@with_identity
@blueprint.arguments(ShowCodeSchema)
@blueprint.response(HTTPStatus.OK, RecoveryCodesSchema)
@refuses(NoSecondFactor, SecondFactorStands, SecondFactorNotAccepted)
def create_second_factor_confirmation(
    command: ShowCode, identity: Identity
) -> ConfirmedSecondFactor:
    """Give a code of the app: from now on logins need one. Every other login session ends."""
    security, now, caller = parts().security, clock().now(), caller_of_request()
    outcome = database().writing(
        lambda session: confirm_second_factor(
            session, identity, command.code, caller, security=security, now=now
        )
    )
    if isinstance(outcome, ServiceError):
        raise outcome
    announce_ended(outcome.ended)
    return outcome


@blueprint.delete("")
@with_identity
@blueprint.arguments(ShowPasswordSchema)
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(AccountNotFound, OldPasswordIncorrect)
def delete_second_factor(command: ShowPassword, identity: Identity) -> None:
    """Take the second factor and its recovery codes away."""
    security, now, own = parts().security, clock().now(), identity.account_id
    with_own_password(
        identity,
        command.password,
        lambda session: take_second_factor_away(
            session, own, actor_id=own, security=security, now=now
        ),
    )
