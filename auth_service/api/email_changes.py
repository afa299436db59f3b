"""Changing one's own address, and undoing it from the old one."""

from http import HTTPStatus

from sqlalchemy.orm import Session

from auth_service.api.ending import announce_ended
from auth_service.api.even_answers import answered_in_steps
from auth_service.api.presence import require_presence
from auth_service.api.schemas.email_changes import (
    ChangeEmail,
    ChangeEmailSchema,
    UndoSchema,
    WantAddressSchema,
)
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.api.visitors import caller_of_request
from auth_service.domain.codes import FreshCode, Purpose, fresh_code
from auth_service.domain.email_changes import (
    UndoneChange,
    count_asking,
    request_email_change,
    undo_email_change,
    undone_address,
    withdraw_pending_change,
)
from auth_service.domain.limits import alone_with
from auth_service.errors import (
    AccountNotFound,
    EmailTaken,
    FreshLoginRequired,
    PasswordIncorrect,
    UndoTokenNotAccepted,
)
from auth_service.models.accounts import Account
from auth_service.parts import parts
from auth_service.queries.accounts import account_for_update, account_with_email
from auth_service.queries.login_sessions import known_login_session_id
from shared.access_tokens import Identity
from shared.errors import NotAuthenticated, TooManyRequests
from shared.http.blueprint import Blueprint, with_identity
from shared.http.context import clock, database, identity_if_any
from shared.http.declared import refuses

blueprint = Blueprint(
    "email_changes",
    __name__,
    url_prefix="/api/v1/accounts/me/email-changes",
    description="Another address for oneself.",
)
internal_blueprint = Blueprint(
    "email_changes_internal",
    __name__,
    url_prefix="/internal/v1/email-changes",
    description="Another address for oneself, through older systems.",
)
undo_blueprint = Blueprint(
    "email_changes_undo",
    __name__,
    url_prefix="/api/v1/email-changes",
    description="Undoing a change of address.",
)


@blueprint.post("")
@answered_in_steps
@with_identity
@blueprint.arguments(ChangeEmailSchema)
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
@refuses(FreshLoginRequired, PasswordIncorrect, AccountNotFound, EmailTaken)
def create_email_change(command: ChangeEmail, identity: Identity) -> dict[str, str]:
    """Ask for another address; it is pending until the code mailed there comes back. The answer is
    the same when somebody else has it. The password is needed unless the login is younger than ten
    minutes.
    """
    require_presence(identity, command.password)
    asked_for(identity.account_id, command.email)
    fresh = fresh_code(parts().security, Purpose.EMAIL_CHANGE, command.email)

    def work(session: Session) -> None:
        account = locked_with_address(session, identity.account_id, fresh.email)
        if account.email == fresh.email:
            raise EmailTaken
        request(session, account, fresh, identity)

    database().writing(work)
    return {"email": command.email}


@blueprint.delete("")
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
def withdraw_email_change(identity: Identity) -> None:
    """Withdraw what is pending; without anything pending nothing happens."""
    now = clock().now()

    def work(session: Session) -> None:
        account_for_update(session, identity.account_id)
        withdraw_pending_change(session, identity.account_id, now=now)

    database().writing(work)


@internal_blueprint.post("")
@internal_blueprint.arguments(WantAddressSchema)
@internal_blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
@refuses(AccountNotFound, EmailTaken, TooManyRequests)
def create_email_change_through_door(email: str) -> dict[str, str]:
    """Ask for another address through an older system, which is told when somebody has it."""
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    asked_for(identity.account_id, email)
    fresh = fresh_code(parts().security, Purpose.EMAIL_CHANGE, email)

    def work(session: Session) -> None:
        account = locked_with_address(session, identity.account_id, email)
        refuse_taken(session, email)
        request(session, account, fresh, identity)

    database().writing(work)
    return {"email": email}


def asked_for(account_id: int, email: str) -> None:
    """Count that another address is asked for, also when it is refused after that."""
    security, now = parts().security, clock().now()
    database().writing(
        lambda session: count_asking(session, account_id, email, security=security, now=now)
    )


def locked_with_address(session: Session, account_id: int, email: str) -> Account:
    """Give an account, locked, with the address it may change to held.

    Raises:
        AccountNotFound: unknown.
    """
    alone_with(session, email)
    account = account_for_update(session, account_id)
    if account is None:
        raise AccountNotFound
    return account


def request(session: Session, account: Account, fresh: FreshCode, identity: Identity) -> None:
    """Make one's own new address pending."""
    request_email_change(
        session,
        account,
        fresh,
        actor_id=identity.account_id,
        login_session_id=known_login_session_id(session, identity),
        caller=caller_of_request(),
        security=parts().security,
        now=clock().now(),
    )


def refuse_taken(session: Session, email: str) -> None:
    """Tell who asks through an older system that an account has the address.

    Raises:
        EmailTaken: an account has it, one's own included.
    """
    if account_with_email(session, email) is not None:
        raise EmailTaken


@undo_blueprint.post("/undo")
@undo_blueprint.arguments(UndoSchema)
@undo_blueprint.response(HTTPStatus.OK, AddressSchema)
@refuses(UndoTokenNotAccepted, EmailTaken)
def create_email_change_undo(token: str) -> UndoneChange:
    """Give the old address back with the token mailed there; every login session ends."""
    security, now = parts().security, clock().now()

    def work(session: Session) -> UndoneChange:
        alone_with(session, undone_address(session, token, now=now))
        return undo_email_change(session, token, security=security, now=now)

    undone = database().writing(work)
    announce_ended(undone.ended)
    return undone
