"""Bodies of `/api/v1/appointments`, reschedules and reschedule tokens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from booking_service.api.schemas.texts import Texts, in_locale
from booking_service.domain.appointments import (
    ATTENDANCE,
    AppointmentView,
    BookAppointment,
    CancelAppointment,
    NoteAttendance,
)
from booking_service.domain.reschedules import MoveAppointment
from booking_service.models.appointments import AppointmentState
from booking_service.queries.appointments import Filtering, When
from shared.clock import instant_text
from shared.http.fields import Identifier, Instant, QueryNumber, Secret, Text, WholeNumber
from shared.http.locales import locale_field
from shared.http.openapi import one_of
from shared.http.pagination import (
    Cursor,
    PageWantedSchema,
    limit_field,
    list_schema,
    page_schema,
    page_wanted,
)
from shared.pages import PageWanted
from shared.schemas import CommandSchema

LONGEST_TOKEN = 512


class BookAppointmentSchema(CommandSchema):
    """The hour to book."""

    makes = BookAppointment

    practitioner_id = Identifier(
        required=True, metadata={"description": "the therapist's account id"}
    )
    starts_at = Instant(required=True, metadata={"description": "start of an offered hour"})
    client_id = Identifier(
        load_default=None, metadata={"description": "for whom; only staff say, and must say"}
    )


class CancelAppointmentSchema(CommandSchema):
    """Why, if anybody wants to say."""

    makes = CancelAppointment

    reason = Text(
        maximum=500,
        load_default=None,
        allow_none=True,
        may_be_blank=True,
        metadata={"description": "seen by client, therapist and staff"},
    )


class NoteAttendanceSchema(Schema):
    """Whether the client came."""

    state = fields.String(
        required=True,
        validate=validate.OneOf([state.value for state in ATTENDANCE]),
        metadata={"description": "arrived, then fulfilled; or noshow"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> NoteAttendance:
        return NoteAttendance(state=AppointmentState(data["state"]))


class MoveAppointmentSchema(CommandSchema):
    """Where to move an appointment."""

    makes = MoveAppointment

    starts_at = Instant(required=True, metadata={"description": "start of an offered hour"})
    reschedule_token = Secret(
        maximum=LONGEST_TOKEN,
        load_default=None,
        allow_none=True,
        metadata={"description": "optional; one that is sent must be good"},
    )


class RescheduleTokenSchema(Schema):
    """A token to move one appointment with, once."""

    token = fields.String(metadata={"description": "good once, for the one appointment"})
    expires_at = Instant(metadata={"description": "UTC; from then on the token is refused"})


@dataclass(frozen=True, kw_only=True)
class PrepareMove:
    """Whose free hours, and for how many days."""

    practitioner_id: int
    days: int


class PrepareMoveSchema(CommandSchema):
    """Whose free hours are wanted beside the token."""

    makes = PrepareMove

    practitioner_id = Identifier(
        required=True, metadata={"description": "the therapist of the appointment to move"}
    )
    days = WholeNumber(
        minimum=1,
        maximum=365,
        load_default=28,
        metadata={"description": "how many days ahead free hours are wanted"},
    )


class PreparedMoveSchema(RescheduleTokenSchema):
    """A token and the hours there are."""

    slots = fields.List(
        Instant(), metadata={"description": "starts of the therapist's free hours, UTC, ascending"}
    )


class AppointmentSchema(Schema):
    """An appointment."""

    id = fields.Integer(metadata={"description": "the appointment's id"})
    practitioner_id = fields.Integer(metadata={"description": "the therapist's account id"})
    practitioner_name = Texts(metadata={"description": "text, or texts by locale"})
    client_id = fields.Integer(metadata={"description": "the client's account id"})
    starts_at = Instant(metadata={"description": "UTC"})
    ends_at = Instant(metadata={"description": "UTC, exclusive"})
    state = fields.String(metadata=one_of(AppointmentState, "where it stands"))
    price_minor_units = fields.Integer(metadata={"description": "as shown when booking"})
    currency = fields.String(metadata={"description": "ISO 4217, of the price"})
    is_late_change = fields.Boolean(
        metadata={"description": "the client cancelled or moved it later than is free: chargeable"}
    )
    version = fields.Integer(metadata={"description": "grows with every change"})
    rescheduled_to = fields.Integer(
        allow_none=True, metadata={"description": "the appointment that took its place"}
    )
    therapy_types = fields.List(fields.String(), metadata={"description": "of the therapist"})
    session_minutes = fields.Integer(metadata={"description": "its length, as booked"})


class AppointmentEntrySchema(AppointmentSchema):
    """An appointment in a list."""

    client_name = fields.String(
        allow_none=True,
        metadata={
            "description": "the client's full name, for therapists and staff; null in a client's"
            " own list, and while auth cannot be asked"
        },
    )


AppointmentPageSchema = page_schema(AppointmentEntrySchema)


class AppointmentPageWantedSchema(PageWantedSchema):
    """A part of a list of appointments."""

    limit = limit_field(default=500, most=500)
    cursor = Cursor(numbers=3, instants=(1,))


class AppointmentsWantedSchema(AppointmentPageWantedSchema):
    """Which appointments a list is about."""

    when = fields.String(
        load_default=When.COMING.value,
        validate=validate.OneOf([when.value for when in When]),
        metadata={
            "description": "coming (open ones until they are over), past (begun, not coming), kept "
            "(neither cancelled nor moved away: coming ones by start, then the others newest first)"
            " or all"
        },
    )
    client_id = QueryNumber(load_default=None, metadata={"description": "only this client's"})
    practitioner_id = QueryNumber(
        load_default=None, metadata={"description": "only with this therapist"}
    )
    state = fields.String(
        load_default=None,
        validate=validate.OneOf([state.value for state in AppointmentState]),
        metadata={"description": "only those that stand so; look at `when`, too"},
    )
    begins_from = Instant(
        data_key="from",
        load_default=None,
        metadata={"description": "only those that begin at this instant or later"},
    )
    begins_before = Instant(
        data_key="until",
        load_default=None,
        metadata={"description": "only those that begin before this instant"},
    )
    locale = locale_field()

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> "AppointmentsWanted":
        page = page_wanted(data)
        when, locale, state = When(data.pop("when")), data.pop("locale"), data.pop("state")
        filtering = Filtering(state=AppointmentState(state) if state else None, **data)
        return AppointmentsWanted(when=when, filtering=filtering, locale=locale, page=page)


@dataclass(frozen=True, kw_only=True)
class AppointmentsWanted:
    """Which appointments a list is about."""

    when: When
    filtering: Filtering
    locale: str | None
    page: PageWanted


class AppointmentChangeSchema(Schema):
    """One change of an appointment or of those it replaced."""

    appointment_id = fields.Integer(
        metadata={"description": "which appointment of the chain changed"}
    )
    action = fields.String(metadata={"description": "booked, moved, cancelled or attendance"})
    from_state = fields.String(
        allow_none=True,
        metadata=one_of(
            AppointmentState, "the state before; null when it was booked", may_be_null=True
        ),
    )
    to_state = fields.String(metadata=one_of(AppointmentState, "the state afterwards"))
    changed_by = fields.String(metadata={"description": "client, practitioner or staff"})
    actor_id = fields.Integer(metadata={"description": "account id of who changed it"})
    reason = fields.String(
        allow_none=True, metadata={"description": "what they said; null when nothing"}
    )
    is_late = fields.Boolean(metadata={"description": "later than is free: chargeable"})
    changed_at = Instant(metadata={"description": "UTC"})


AppointmentChangeListSchema = list_schema(AppointmentChangeSchema)


class CalendarPageSchema(Schema):
    """One page of a therapist's coming appointments, by start."""

    items = fields.List(
        fields.Nested(AppointmentEntrySchema), metadata={"description": "the page's rows"}
    )
    next = fields.String(
        allow_none=True, metadata={"description": "`cursor` of the page that follows, or null"}
    )
    time_zone = fields.String(metadata={"description": "IANA zone the therapist works in"})


def appointment_json(view: AppointmentView, *, locale: str | None = None) -> dict[str, object]:
    """Spell an appointment as AppointmentSchema describes it: for hot reads."""
    return {
        "id": view.id,
        "practitioner_id": view.practitioner_id,
        "practitioner_name": in_locale(view.practitioner_name, locale),
        "client_id": view.client_id,
        "starts_at": instant_text(view.starts_at),
        "ends_at": instant_text(view.ends_at),
        "state": view.state,
        "price_minor_units": view.price_minor_units,
        "currency": view.currency,
        "is_late_change": view.is_late_change,
        "version": view.version,
        "rescheduled_to": view.rescheduled_to,
        "therapy_types": list(view.therapy_types),
        "session_minutes": view.session_minutes,
    }


def entries_json(
    views: Iterable[AppointmentView], names: Mapping[int, str], locale: str | None = None
) -> list[dict[str, object]]:
    """Spell a list's appointments with the clients' names, as AppointmentEntrySchema describes
    them.
    """
    return [
        {**appointment_json(each, locale=locale), "client_name": names.get(each.client_id)}
        for each in views
    ]
