"""Correcting somebody's address as staff: with the old mailbox's consent, given by the mailed link
at `/api/v1/verifications`, or a second staff member's.
"""

from http import HTTPStatus

from sqlalchemy.orm import Session

from auth_service.api.email_changes import asked_for, locked_with_address
from auth_service.api.schemas.email_changes import WantAddressSchema
from auth_service.api.schemas.email_corrections import EmailCorrectionSchema
from auth_service.api.schemas.verifications import AddressSchema
from auth_service.api.visitors import caller_of_request
from auth_service.domain.audit_entries import Act
from auth_service.domain.codes import Purpose, fresh_code
from auth_service.domain.email_corrections import (
    EmailCorrectionView,
    approve_correction,
    consent_to_correction,
    corrected_address,
    corrected_address_of_token,
    propose_correction,
)
from auth_service.domain.limits import alone_with
from auth_service.errors import AccountNotFound, EmailCorrectionNotFound, EmailTaken
from auth_service.models.accounts import Account
from auth_service.parts import parts
from auth_service.queries.email_corrections import open_email_corrections
from shared.access_tokens import Identity
from shared.errors import NotAllowed
from shared.http.auditing import audit_read
from shared.http.blueprint import Blueprint, requires_role
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.pagination import list_schema

blueprint = Blueprint(
    "email_corrections",
    __name__,
    url_prefix="/api/v1",
    description="Somebody else's address, corrected by two.",
)


@blueprint.post("/accounts/<int:account_id>/email-corrections")
@requires_role("admin")
@blueprint.arguments(WantAddressSchema)
@blueprint.response(HTTPStatus.CREATED, EmailCorrectionSchema)
@refuses(AccountNotFound, EmailTaken)
def create_email_correction(email: str, identity: Identity, account_id: int) -> EmailCorrectionView:
    """Propose another address for somebody else's account; nothing changes until the old mailbox
    or a second staff member agrees, and the new one proves itself.
    """
    if identity.account_id == account_id:
        raise NotAllowed
    asked_for(account_id, email)

    def work(session: Session) -> EmailCorrectionView:
        account = locked_with_address(session, account_id, email)
        return propose(session, account, email, identity)

    return database().writing(work)


def propose(
    session: Session, account: Account, email: str, identity: Identity
) -> EmailCorrectionView:
    """Record a proposal that was counted."""
    correction = propose_correction(
        session,
        account,
        email,
        asked_by=identity.account_id,
        security=parts().security,
        now=clock().now(),
    )
    return EmailCorrectionView.of(correction)


@blueprint.get("/email-corrections")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.OK, list_schema(EmailCorrectionSchema))
def list_email_corrections(identity: Identity) -> dict[str, list[EmailCorrectionView]]:
    """List what waits for somebody to agree, the oldest first."""
    now = clock().now()
    found = database().reading(
        lambda session: [
            EmailCorrectionView.of(each) for each in open_email_corrections(session, now)
        ]
    )
    audit_read(Act.EMAIL_CORRECTIONS_LISTED, identity, None)
    return {"items": found}


@blueprint.post("/email-corrections/<int:correction_id>/approval")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.ACCEPTED, AddressSchema)
@refuses(EmailCorrectionNotFound, AccountNotFound, EmailTaken)
def approve_email_correction(identity: Identity, correction_id: int) -> dict[str, str]:
    """Agree as a second staff member; the address is pending until its code comes back."""
    security, now, caller = parts().security, clock().now(), caller_of_request()
    email = database().reading(lambda session: corrected_address(session, correction_id, now=now))
    fresh = fresh_code(security, Purpose.EMAIL_CHANGE, email)

    def work(session: Session) -> None:
        alone_with(session, email)
        approve_correction(
            session,
            correction_id,
            fresh,
            identity=identity,
            caller=caller,
            security=security,
            now=now,
        )

    database().writing(work)
    return {"email": email}


def consented(token: str) -> str:
    """Agree by the token mailed to the old mailbox; give the address that is pending now.

    Raises:
        LinkNotAccepted: unknown, used, replaced, or too old.
    """
    security, now, caller = parts().security, clock().now(), caller_of_request()
    email = database().reading(lambda session: corrected_address_of_token(session, token, now=now))
    fresh = fresh_code(security, Purpose.EMAIL_CHANGE, email)

    def work(session: Session) -> None:
        alone_with(session, email)
        consent_to_correction(session, token, fresh, caller=caller, security=security, now=now)

    database().writing(work)
    return email
