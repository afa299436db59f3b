"""`/api/v1/memberships`: load, operate, dump."""

from http import HTTPStatus
from typing import cast

from flask import Response

from profile_service.api.schemas.memberships import MembershipSchema, StartMembershipSchema
from profile_service.domain.memberships import MembershipView, membership_of, start_membership
from profile_service.errors import AlreadyPremium, PaymentCardRequired
from profile_service.parts import parts
from profile_service.settings import Settings
from shared.access_tokens import Identity
from shared.http.blueprint import Blueprint, dumped, requires_role, with_identity
from shared.http.context import chassis, clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once

blueprint = Blueprint(
    "memberships",
    __name__,
    url_prefix="/api/v1/memberships",
    description="Premium membership.",
)


@blueprint.post("")
@requires_role("client", "therapist")
@blueprint.arguments(StartMembershipSchema)
@blueprint.response(HTTPStatus.CREATED, MembershipSchema)
@honours_idempotency_key
@refuses(AlreadyPremium, PaymentCardRequired)
def create_membership(_nothing: dict[str, object], identity: Identity) -> Response:
    """Become a premium member."""
    account_id, now = identity.account_id, clock().now()
    settings = cast(Settings, chassis().settings)
    may_pay = not settings.is_card_required or parts().booking.has_card(account_id)
    return writing_once(
        lambda session: start_membership(session, account_id=account_id, may_pay=may_pay, now=now),
        lambda view: dumped(MembershipSchema, view),
        status=HTTPStatus.CREATED,
    )


@blueprint.get("/me")
@with_identity
@blueprint.response(HTTPStatus.OK, MembershipSchema)
def read_own_membership(identity: Identity) -> MembershipView:
    """Read one's own membership."""
    return database().reading(lambda session: membership_of(session, identity.account_id))
