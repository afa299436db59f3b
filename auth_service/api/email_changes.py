"""Changing one's own address, and undoing it from the old one."""

from http import HTTPStatus

from sqlalchemy.orm import Session

from auth_service.api.ending import announce_ended
from auth_service.api.schemas.email_changes import ChangeEmailSchema, UndoSchema
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.domain.codes import Purpose, fresh_code
from auth_service.domain.email_changes import (
    UndoneChange,
    request_email_change,
    undo_email_change,
    undone_address,
)
from auth_service.domain.limits import alone_with
from auth_service.errors import AccountNotFound
from auth_service.parts import parts
from auth_service.queries.accounts import account_for_update
from shared.http.authentication import Identity
from shared.http.blueprint import Blueprint, with_identity
from shared.http.context import clock, database

blueprint = Blueprint(
    "email_changes",
    __name__,
    url_prefix="/api/v1/accounts/me/email-changes",
    description="Another address for oneself.",
)
undo_blueprint = Blueprint(
    "email_changes_undo",
    __name__,
    url_prefix="/api/v1/email-changes",
    description="Undoing a change of address.",
)


@blueprint.post("")
@with_identity
@blueprint.arguments(ChangeEmailSchema)
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
def create_email_change(email: str, identity: Identity) -> dict[str, str]:
    """Ask for another address; it is pending until the code mailed there comes back."""
    security, now = parts().security, clock().now()
    fresh = fresh_code(security, Purpose.EMAIL_CHANGE, email)

    def work(session: Session) -> None:
        alone_with(session, email)
        account = account_for_update(session, identity.account_id)
        if account is None:
            raise AccountNotFound
        request_email_change(
            session, account, fresh, actor_id=account.id, security=security, now=now
        )

    database().writing(work)
    return {"email": email}


@undo_blueprint.post("/undo")
@undo_blueprint.arguments(UndoSchema)
@undo_blueprint.response(HTTPStatus.OK, AddressSchema)
def undo(token: str) -> UndoneChange:
    """Give the old address back with the token mailed there; every login session ends."""
    security, now = parts().security, clock().now()

    def work(session: Session) -> UndoneChange:
        alone_with(session, undone_address(session, token, now=now))
        return undo_email_change(session, token, security=security, now=now)

    undone = database().writing(work)
    announce_ended(undone.ended)
    return undone
