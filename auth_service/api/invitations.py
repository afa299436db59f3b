"""Inviting the owners of accounts that staff opened: sending the link again, and accepting it."""

from http import HTTPStatus

from sqlalchemy.orm import Session

from auth_service.api.credentials import hash_of
from auth_service.api.ending import announce_ended
from auth_service.api.schemas.invitations import AcceptInvitationSchema
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.domain.accounts import allow_opening
from auth_service.domain.invitations import (
    AcceptedInvitation,
    AcceptInvitation,
    accept_invitation,
    invite,
    invited_address,
)
from auth_service.domain.limits import alone_with
from auth_service.domain.passwords import NewPassword, judge_password
from auth_service.errors import (
    AccountNotFound,
    InvitationNotAccepted,
    InvitationNotPossible,
    PasswordRejected,
)
from auth_service.parts import parts
from auth_service.queries.accounts import account_by_id, account_for_update
from shared.access_tokens import Identity
from shared.http.blueprint import Blueprint, requires_role
from shared.http.context import clock, database
from shared.http.declared import refuses

blueprint = Blueprint(
    "invitations",
    __name__,
    url_prefix="/api/v1/accounts",
    description="Inviting the owner of an account.",
)
acceptance_blueprint = Blueprint(
    "invitations_acceptance",
    __name__,
    url_prefix="/api/v1/invitations",
    description="Accepting an invitation.",
)


@blueprint.post("/<int:account_id>/invitations")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
@refuses(AccountNotFound, InvitationNotPossible)
def create_invitation(identity: Identity, account_id: int) -> dict[str, str]:
    """Mail the link again to the owner of an account without a password; the earlier one is worth
    nothing from now on. Only admins invite staff.
    """
    security, now = parts().security, clock().now()

    def work(session: Session) -> dict[str, str]:
        alone_with(session, account_by_id(session, account_id).email)
        account = account_for_update(session, account_id)
        if account is None:
            raise AccountNotFound
        allow_opening(account.role, identity)
        invite(session, account, actor_id=identity.account_id, security=security, now=now)
        return {"email": account.email}

    return database().writing(work)


@acceptance_blueprint.post("/acceptance")
@acceptance_blueprint.arguments(AcceptInvitationSchema)
@acceptance_blueprint.response(HTTPStatus.OK, AddressSchema)
@refuses(InvitationNotAccepted, PasswordRejected)
def create_invitation_acceptance(command: AcceptInvitation) -> AcceptedInvitation:
    """Set a password with the token of the mailed link: the address counts as proved. A password
    the policy refuses uses nothing up.
    """
    now = clock().now()
    email = database().reading(lambda session: invited_address(session, command.token, now=now))
    judge_password(command.password, email)
    new = NewPassword(hash=hash_of(command.password), is_weak=False)
    accepted = database().writing(
        lambda session: accept_invitation(session, command.token, new, now=now)
    )
    announce_ended(accepted.ended)
    return accepted
