"""`/internal/v1`: what the gateway's rows and other services ask; never reachable from outside."""

import secrets
from datetime import timedelta
from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.paths import PRACTITIONER
from booking_service.api.payment_methods import methods_of
from booking_service.api.practitioners import spelled
from booking_service.api.schemas.appointments import (
    PreparedMoveSchema,
    PrepareMove,
    PrepareMoveSchema,
)
from booking_service.api.schemas.care_relations import ActiveCareRelationListSchema
from booking_service.api.schemas.internal import (
    AccountWanted,
    AccountWantedSchema,
    RelationsWanted,
    RelationsWantedSchema,
)
from booking_service.api.schemas.payment_methods import PaymentMethodListSchema
from booking_service.api.schemas.practitioners import PractitionerSchema
from booking_service.domain.care_relations import CareRelationView
from booking_service.domain.offers import free_hours
from booking_service.domain.payment_methods import PaymentMethodView
from booking_service.domain.practitioners import PractitionerView
from booking_service.domain.selections import prepare_move
from booking_service.queries.care_relations import active_relations
from booking_service.queries.practitioners import find_practitioner
from shared.clock import instant_text
from shared.errors import NotAllowed, NotAuthenticated
from shared.http.authentication import Identity
from shared.http.blueprint import Blueprint, json_answer
from shared.http.context import clock, database, identity_if_any

blueprint = Blueprint(
    "internal", __name__, url_prefix="/internal/v1", description="For the gateway and services."
)


@blueprint.get("/care-relations")
@blueprint.arguments(RelationsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, ActiveCareRelationListSchema)
def list_active_relations(wanted: RelationsWanted) -> Response:
    """List present care relations of a client, a therapist, or exactly the two."""
    views = database().reading(
        lambda session: [
            CareRelationView.of(each)
            for each in active_relations(
                session, client_id=wanted.client_id, practitioner_id=wanted.practitioner_id
            )
        ]
    )
    items = [
        {
            "client_id": each.client_id,
            "practitioner_id": each.practitioner_id,
            "started_at": instant_text(each.started_at),
        }
        for each in views
    ]
    return json_answer({"items": items})


@blueprint.get(f"/practitioners/{PRACTITIONER}")
@blueprint.response(HTTPStatus.OK, PractitionerSchema)
def read_any_practitioner(practitioner_id: int) -> Response:
    """Read a therapist's record, published or not."""
    view = database().reading(
        lambda session: PractitionerView.of(find_practitioner(session, practitioner_id))
    )
    return json_answer(spelled(view, None))


@blueprint.get("/payment-methods")
@blueprint.arguments(AccountWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, PaymentMethodListSchema)
def list_payment_methods_of(wanted: AccountWanted) -> dict[str, list[PaymentMethodView]]:
    """List an account's card on file: one, or none."""
    return {"items": methods_of(wanted.account_id)}


@blueprint.post("/reschedule-tokens")
@blueprint.arguments(PrepareMoveSchema)
@blueprint.response(HTTPStatus.CREATED, PreparedMoveSchema)
def create_token_with_hours(wanted: PrepareMove) -> Response:
    """Get a token for the client's nearest coming appointment, and the therapist's free hours."""
    client = _client()
    now, token = clock().now(), secrets.token_urlsafe(32)

    def write(session: Session) -> dict[str, object]:
        issued, practitioner = prepare_move(
            session, wanted.practitioner_id, token=token, client=client, now=now
        )
        hours = free_hours(
            session,
            [practitioner],
            after=now,
            before=now + timedelta(days=wanted.days),
            now=now,
            client_id=client.account_id,
        )
        return {
            "token": issued.token,
            "expires_at": instant_text(issued.expires_at),
            "slots": [instant_text(each) for each in hours[practitioner.id]],
        }

    return json_answer(database().writing(write), HTTPStatus.CREATED)


def _client() -> Identity:
    """Give the client the gateway speaks for.

    Raises:
        NotAuthenticated: no token came along.
        NotAllowed: it is nobody's who may have a therapist.
    """
    identity = identity_if_any()
    if identity is None:
        raise NotAuthenticated
    if identity.role != "client":
        raise NotAllowed
    return identity
