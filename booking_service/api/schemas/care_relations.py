"""Bodies of `/api/v1/care-relations`."""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from booking_service.api.schemas.appointments import AppointmentSchema
from booking_service.api.schemas.practitioners import PractitionerSchema
from booking_service.domain.care_relations import CareRelationView
from booking_service.domain.code_lists import CHANGE_REASONS
from booking_service.domain.departures import LeaveTherapist
from shared.clock import instant_text
from shared.http.fields import Identifier, Instant, QueryNumber, Text, Truth, WholeNumber
from shared.http.pagination import PageWantedSchema, list_schema, page_schema, page_wanted
from shared.pages import PageWanted
from shared.schemas import CommandSchema


class LeaveTherapistSchema(Schema):
    """Why a client leaves; everything may be missing."""

    practitioner_id = Identifier(
        load_default=None,
        allow_none=True,
        metadata={"description": "must be the present therapist when sent"},
    )
    reasons = fields.List(
        WholeNumber(maximum=CHANGE_REASONS[-1].id),
        load_default=list,
        validate=validate.Length(max=len(CHANGE_REASONS)),
        metadata={"description": "numbers of the reasons' code list"},
    )
    more_reasons = Text(
        maximum=4000,
        load_default=None,
        allow_none=True,
        may_be_blank=True,
        metadata={"description": "in the client's words; never shown to the therapist"},
    )
    wants_call = Truth(
        load_default=False, metadata={"description": "the client asks staff to call"}
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> LeaveTherapist:
        return LeaveTherapist(**{**data, "reasons": tuple(data["reasons"])})


class DepartureSchema(Schema):
    """What ended."""

    practitioner_id = fields.Integer(metadata={"description": "the therapist who was left"})
    ended_at = Instant(metadata={"description": "UTC"})
    cancelled_appointments = fields.Integer(
        metadata={"description": "how many coming appointments were cancelled"}
    )


class CurrentCareRelationSchema(Schema):
    """The client's present therapist, and the nearest coming appointment."""

    practitioner = fields.Nested(
        PractitionerSchema,
        allow_none=True,
        metadata={"description": "the present therapist, or null"},
    )
    next_appointment = fields.Nested(
        AppointmentSchema,
        allow_none=True,
        metadata={"description": "the nearest coming one with them, or null"},
    )
    started_at = Instant(allow_none=True, metadata={"description": "UTC; null without a therapist"})


class CareRelationSchema(Schema):
    """A care relation. Why it ended is shown to the client and staff, never to the therapist."""

    id = fields.Integer(metadata={"description": "the care relation's id"})
    client_id = fields.Integer(metadata={"description": "the client's account id"})
    client_name = fields.String(
        allow_none=True, metadata={"description": "null while auth cannot be asked"}
    )
    practitioner_id = fields.Integer(metadata={"description": "the therapist's account id"})
    started_at = Instant(metadata={"description": "UTC"})
    ended_at = Instant(allow_none=True, metadata={"description": "UTC; null while it lasts"})
    reasons = fields.List(
        fields.Integer(),
        allow_none=True,
        metadata={"description": "numbers of the reasons' code list; null for the therapist"},
    )
    more_reasons = fields.String(
        allow_none=True, metadata={"description": "in the client's words; null for the therapist"}
    )
    wants_call = fields.Boolean(
        allow_none=True,
        metadata={"description": "the client asked to be called; null for the therapist"},
    )


CareRelationPageSchema = page_schema(CareRelationSchema)


class ActiveCareRelationSchema(Schema):
    """A present care relation, for other services."""

    client_id = fields.Integer(metadata={"description": "the client's account id"})
    practitioner_id = fields.Integer(metadata={"description": "the therapist's account id"})
    started_at = Instant(metadata={"description": "UTC"})


ActiveCareRelationListSchema = list_schema(ActiveCareRelationSchema)


@dataclass(frozen=True, kw_only=True)
class CareRelationsWanted:
    """Present ones (True), ended ones (False) or both (None), and which part of them."""

    is_active: bool | None
    page: PageWanted


class CareRelationsWantedSchema(PageWantedSchema):
    """Which care relations a list is about."""

    state = fields.String(
        load_default="active",
        validate=validate.OneOf(("active", "ended", "all")),
        metadata={"description": "active, ended or all"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> CareRelationsWanted:
        chosen = {"active": True, "ended": False, "all": None}
        return CareRelationsWanted(is_active=chosen[data["state"]], page=page_wanted(data))


def care_relation_json(
    view: CareRelationView, *, client_name: str | None, with_reasons: bool
) -> dict[str, object]:
    """Spell a care relation as CareRelationSchema describes it."""
    return {
        "id": view.id,
        "client_id": view.client_id,
        "client_name": client_name,
        "practitioner_id": view.practitioner_id,
        "started_at": instant_text(view.started_at),
        "ended_at": None if view.ended_at is None else instant_text(view.ended_at),
        "reasons": list(view.reasons or ()) if with_reasons else None,
        "more_reasons": view.more_reasons if with_reasons else None,
        "wants_call": view.wants_call if with_reasons else None,
    }


@dataclass(frozen=True, kw_only=True)
class RelationsWanted:
    """Whose care relations; at least one side is named."""

    client_id: int | None
    practitioner_id: int | None


class RelationsWantedSchema(CommandSchema):
    """Whose care relations."""

    makes = RelationsWanted

    client_id = QueryNumber(
        load_default=None,
        metadata={"description": "only this client's; needed without practitioner_id"},
    )
    practitioner_id = QueryNumber(
        load_default=None,
        metadata={"description": "only this therapist's; needed without client_id"},
    )

    @validates_schema
    def check_side(self, data: dict[str, Any], **_: object) -> None:
        """Want at least one side."""
        if data.get("client_id") is None and data.get("practitioner_id") is None:
            raise ValidationError("Name client_id or practitioner_id.", "client_id")
