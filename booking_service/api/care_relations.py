"""`/api/v1/care-relations`: the present therapist, leaving, and whose therapist one is."""

from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.people import full_names, take_over_standings
from booking_service.api.practitioners import spelled
from booking_service.api.schemas.appointments import appointment_json
from booking_service.api.schemas.care_relations import (
    ActiveCareRelationListSchema,
    CareRelationPageSchema,
    CareRelationsWanted,
    CareRelationsWantedSchema,
    CurrentCareRelationSchema,
    DepartureSchema,
    LeaveTherapistSchema,
    RelationsWanted,
    RelationsWantedSchema,
    care_relation_json,
)
from booking_service.api.schemas.texts import LocaleQuerySchema, LocaleWanted
from booking_service.domain.appointments import AppointmentView
from booking_service.domain.audit_entries import Act
from booking_service.domain.care_relations import CareRelationView
from booking_service.domain.departures import LeaveTherapist, leave_therapist
from booking_service.domain.practitioners import PractitionerView
from booking_service.errors import CareRelationChanged, NoTherapistChosen, NotYourTherapist
from booking_service.queries.appointments import coming_appointments
from booking_service.queries.care_relations import (
    current_relation_of,
    current_therapist_of,
    relations_visible_to,
    working_relations,
)
from booking_service.queries.practitioners import find_practitioner
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.data_keys import TextUnreadable
from shared.http.auditing import audit_read, audited_own
from shared.http.blueprint import Blueprint, dumped, json_answer, requires_role, with_identity
from shared.http.context import clock, database
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key, writing_once
from shared.http.pagination import paged
from shared.pages import Page

blueprint = Blueprint(
    "care-relations",
    __name__,
    url_prefix="/api/v1/care-relations",
    description="Which therapist a client has.",
)
internal_blueprint = Blueprint(
    "care_relations_internal",
    __name__,
    url_prefix="/internal/v1/care-relations",
    description="Who is in care with whom, for the gateway and other services.",
)


@blueprint.get("/current")
@requires_role("client")
@blueprint.arguments(LocaleQuerySchema, location="query")
@blueprint.response(HTTPStatus.OK, CurrentCareRelationSchema)
def read_current_care_relation(wanted: LocaleWanted, identity: Identity) -> Response:
    """Read one's present therapist and nearest coming appointment; all null without one."""
    now, client_id = clock().now(), identity.account_id

    def read(session: Session) -> dict[str, object]:
        relation = current_relation_of(session, client_id)
        if relation is None:
            return {"practitioner": None, "next_appointment": None, "started_at": None}
        practitioner = find_practitioner(session, relation.practitioner_id)
        coming = coming_appointments(session, client_id, now, practitioner_id=practitioner.id)
        nearest = AppointmentView.of(coming[0], practitioner) if coming else None
        return {
            "practitioner": spelled(PractitionerView.of(practitioner), wanted.locale),
            "next_appointment": nearest and appointment_json(nearest, locale=wanted.locale),
            "started_at": instant_text(relation.started_at),
        }

    therapist_id = database().reading(lambda session: current_therapist_of(session, client_id))
    if therapist_id is not None:
        take_over_standings([therapist_id])
    return json_answer(database().reading(read))


@blueprint.post("/current/end")
@requires_role("client")
@blueprint.arguments(LeaveTherapistSchema)
@blueprint.response(HTTPStatus.OK, DepartureSchema)
@honours_idempotency_key
@refuses(NoTherapistChosen, NotYourTherapist, CareRelationChanged, TextUnreadable)
def end_current_care_relation(command: LeaveTherapist, identity: Identity) -> Response:
    """Leave one's therapist; coming appointments are cancelled and freed. With an Idempotency-Key
    a late repetition leaves nobody chosen since.
    """
    now = clock().now()
    return writing_once(
        audited_own(
            lambda session: leave_therapist(session, command, client=identity, now=now),
            Act.THERAPIST_LEFT,
            identity,
        ),
        lambda view: dumped(DepartureSchema, view),
        status=HTTPStatus.OK,
    )


@blueprint.get("")
@with_identity
@blueprint.arguments(CareRelationsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, CareRelationPageSchema)
@refuses(TextUnreadable)
def list_care_relations(wanted: CareRelationsWanted, identity: Identity) -> Response:
    """List a therapist's clients, a client's therapists, or for staff everybody's; newest first."""

    def read(session: Session) -> Page[CareRelationView]:
        page = relations_visible_to(session, identity, is_active=wanted.is_active, page=wanted.page)
        return page.of([CareRelationView.of(session, each) for each in page.items])

    page = database().reading(read)
    audit_read(Act.CARE_RELATIONS_LISTED, identity, None, is_common=True)
    names = full_names({each.client_id for each in page.items})
    items = [
        care_relation_json(
            each, client_name=names.get(each.client_id), with_reasons=identity.role != "therapist"
        )
        for each in page.items
    ]
    return paged(items, page)


@internal_blueprint.get("")
@internal_blueprint.arguments(RelationsWantedSchema, location="query")
@internal_blueprint.response(HTTPStatus.OK, ActiveCareRelationListSchema)
def list_active_relations(wanted: RelationsWanted) -> Response:
    """List present care relations of a client, a therapist, or exactly the two; those with a
    therapist whose account is locked or no therapist's are none. For exactly the two auth is asked.
    """
    if wanted.client_id is not None and wanted.practitioner_id is not None:
        take_over_standings([wanted.practitioner_id])
    views = database().reading(
        lambda session: [
            CareRelationView.of(session, each)
            for each in working_relations(
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
