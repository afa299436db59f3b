"""`/api/v1/payment-methods`: the one card on file. Never with an Idempotency-Key: nothing of a
request with a card is kept.
"""

from http import HTTPStatus

import structlog
from sqlalchemy.orm import Session

from booking_service.api.schemas.payment_methods import (
    AccountWanted,
    AccountWantedSchema,
    CardSchema,
    PaymentMethodListSchema,
    PaymentMethodSchema,
)
from booking_service.domain.audit_entries import Act
from booking_service.domain.payment_methods import (
    Card,
    PaymentMethodView,
    check_card,
    keep_card,
    remove_card,
)
from booking_service.errors import CardDeclined, CardsNotTaken, PaymentMethodNotFound
from booking_service.parts import parts
from booking_service.queries.payment_methods import payment_method_of
from shared.access_tokens import Identity
from shared.errors import Unavailable
from shared.http.auditing import audited_own
from shared.http.blueprint import Blueprint, requires_role
from shared.http.context import clock, database
from shared.http.declared import refuses

blueprint = Blueprint(
    "payment-methods",
    __name__,
    url_prefix="/api/v1/payment-methods",
    description="The card on file.",
)
internal_blueprint = Blueprint(
    "payment_methods_internal",
    __name__,
    url_prefix="/internal/v1/payment-methods",
    description="Whether an account has a card on file, for other services.",
)


@blueprint.get("")
@requires_role("client")
@blueprint.response(HTTPStatus.OK, PaymentMethodListSchema)
def list_payment_methods(identity: Identity) -> dict[str, list[PaymentMethodView]]:
    """List one's card on file: one, or none."""
    return {"items": methods_of(identity.account_id)}


@blueprint.post("")
@requires_role("client")
@blueprint.arguments(CardSchema)
@blueprint.response(HTTPStatus.CREATED, PaymentMethodSchema)
@refuses(CardDeclined, CardsNotTaken)
def create_payment_method(card: Card, identity: Identity) -> PaymentMethodView:
    """Put a card on file; it replaces the earlier one."""
    now = clock().now()
    check_card(card, today=now.date())
    stored = parts().payment_provider.store(card)
    view, earlier_token = database().writing(
        audited_own(
            lambda session: keep_card(session, identity.account_id, card, stored, now=now),
            Act.CARD_STORED,
            identity,
        )
    )
    if earlier_token is not None:
        forget(earlier_token)
    return view


@blueprint.delete("")
@requires_role("client")
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(PaymentMethodNotFound)
def delete_payment_method(identity: Identity) -> None:
    """Take one's card off file."""
    token = database().writing(
        audited_own(
            lambda session: remove_card(session, identity.account_id), Act.CARD_REMOVED, identity
        )
    )
    forget(token)


@internal_blueprint.get("")
@internal_blueprint.arguments(AccountWantedSchema, location="query")
@internal_blueprint.response(HTTPStatus.OK, PaymentMethodListSchema)
def list_payment_methods_of(wanted: AccountWanted) -> dict[str, list[PaymentMethodView]]:
    """List an account's card on file: one, or none."""
    return {"items": methods_of(wanted.account_id)}


def methods_of(account_id: int) -> list[PaymentMethodView]:
    """Give an account's card on file: one, or none."""

    def read(session: Session) -> list[PaymentMethodView]:
        kept = payment_method_of(session, account_id)
        return [] if kept is None else [PaymentMethodView.of(kept)]

    return database().reading(read)


def forget(token: str) -> None:
    """Ask the provider to forget a card we no longer use; the client's answer does not wait for
    its success.
    """
    try:
        parts().payment_provider.forget(token)
    except Unavailable:
        structlog.get_logger().warning("card_not_forgotten")
