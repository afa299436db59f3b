"""`/api/v1/practitioners`: public records, listing and withdrawing, the therapist's calendar."""

from http import HTTPStatus

from flask import Response
from sqlalchemy.orm import Session

from booking_service.api.paths import PRACTITIONER
from booking_service.api.people import account_of, full_names, require_at_work
from booking_service.api.schemas.appointments import (
    AppointmentPageWantedSchema,
    CalendarPageSchema,
    entries_json,
)
from booking_service.api.schemas.practitioners import (
    PractitionerPageSchema,
    PractitionerSchema,
    PractitionersWanted,
    PractitionersWantedSchema,
    WritePractitionerSchema,
    practitioner_json,
)
from booking_service.api.schemas.texts import LocaleQuerySchema, LocaleWanted
from booking_service.domain.appointments import AppointmentView
from booking_service.domain.audit_entries import Act
from booking_service.domain.practitioners import (
    PractitionerView,
    WritePractitioner,
    publish_practitioner,
    withdraw_practitioner,
    write_practitioner,
)
from booking_service.errors import AccountIsNotTherapist, AccountNotFound, PractitionerNotFound
from booking_service.queries.appointments import calendar_of
from booking_service.queries.practitioners import (
    find_practitioner,
    practitioner_visible_to,
    practitioners_visible_to,
)
from shared.access_tokens import Identity
from shared.errors import NotAllowed
from shared.http.auditing import audit_read, audited
from shared.http.blueprint import (
    Blueprint,
    json_answer,
    requires_role,
    with_identity,
    with_identity_if_any,
)
from shared.http.conditional import (
    honours_if_match,
    honours_if_none_match,
    kept_by_anybody,
    precondition,
    tagged,
)
from shared.http.context import chassis, clock, database
from shared.http.declared import refuses
from shared.http.pagination import paged
from shared.pages import Page, PageWanted

RECORD_SECONDS = 60

blueprint = Blueprint(
    "practitioners",
    __name__,
    url_prefix="/api/v1/practitioners",
    description="Therapists' records: writing, listing and withdrawing; their calendars.",
)
public_blueprint = Blueprint(
    "practitioners_public",
    __name__,
    url_prefix="/api/v1/practitioners",
    description="Therapists' public records, for everybody.",
)
internal_blueprint = Blueprint(
    "practitioners_internal",
    __name__,
    url_prefix="/internal/v1/practitioners",
    description="Therapists' records, listed or not, for the gateway and other services.",
)


@public_blueprint.get("")
@with_identity_if_any
@public_blueprint.arguments(PractitionersWantedSchema, location="query")
@public_blueprint.response(HTTPStatus.OK, PractitionerPageSchema)
@honours_if_none_match
def list_practitioners(wanted: PractitionersWanted, identity: Identity | None) -> Response:
    """List the published therapists by id, for everybody; staff see all, a therapist also
    oneself.
    """

    def read(session: Session) -> Page[PractitionerView]:
        page = practitioners_visible_to(session, identity, wanted.filter, wanted.page)
        return page.of([PractitionerView.of(each) for each in page.items])

    page = database().reading(read)
    answer = paged([spelled(each, wanted.locale) for each in page.items], page)
    return kept_by_anybody(answer, RECORD_SECONDS)


@public_blueprint.get(f"/{PRACTITIONER}")
@with_identity_if_any
@public_blueprint.arguments(LocaleQuerySchema, location="query")
@public_blueprint.response(HTTPStatus.OK, PractitionerSchema)
@honours_if_none_match
@refuses(PractitionerNotFound)
def read_practitioner(
    wanted: LocaleWanted, practitioner_id: int, identity: Identity | None
) -> Response:
    """Read a published therapist's record, whoever asks; one's own, or one's present
    therapist's.
    """
    view = database().reading(
        lambda session: PractitionerView.of(
            practitioner_visible_to(session, identity, practitioner_id)
        )
    )
    return kept_by_anybody(tagged(json_answer(spelled(view, wanted.locale)), view), RECORD_SECONDS)


@blueprint.put(f"/{PRACTITIONER}")
@requires_role("moderator", "admin")
@blueprint.arguments(WritePractitionerSchema)
@blueprint.response(HTTPStatus.OK, PractitionerSchema)
@blueprint.alt_response(HTTPStatus.CREATED, schema=PractitionerSchema, success=True)
@honours_if_match(is_required=True)
@refuses(AccountNotFound, AccountIsNotTherapist)
def put_practitioner(
    command: WritePractitioner, practitioner_id: int, identity: Identity
) -> Response:
    """Write a therapist's whole record; a new one is not listed yet. One that exists needs If-Match
    with the ETag that was read: 428 without, 412 when it was changed meanwhile.
    """
    state = precondition()
    account = account_of(practitioner_id)
    now, zone = clock().now(), chassis().settings.service_time_zone.key
    view, is_new = database().writing(
        audited(
            lambda session: write_practitioner(
                session,
                practitioner_id,
                command,
                account=account,
                default_time_zone=zone,
                precondition=state,
                now=now,
            ),
            Act.PRACTITIONER_WRITTEN,
            identity,
            lambda _: practitioner_id,
        )
    )
    status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return tagged(json_answer(spelled(view, None), status), view)


@blueprint.put(f"/{PRACTITIONER}/publication")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.OK, PractitionerSchema)
@refuses(PractitionerNotFound, AccountIsNotTherapist)
def put_publication(practitioner_id: int, identity: Identity) -> Response:
    """List the therapist; one whose account is locked or no therapist's is refused."""
    require_at_work(practitioner_id)
    view = database().writing(
        audited(
            lambda session: publish_practitioner(session, practitioner_id),
            Act.PRACTITIONER_PUBLISHED,
            identity,
            lambda _: practitioner_id,
        )
    )
    return json_answer(spelled(view, None))


@blueprint.delete(f"/{PRACTITIONER}/publication")
@requires_role("moderator", "admin")
@blueprint.response(HTTPStatus.OK, PractitionerSchema)
@refuses(PractitionerNotFound)
def delete_publication(practitioner_id: int, identity: Identity) -> Response:
    """Take the therapist off the list; appointments stay."""
    view = database().writing(
        audited(
            lambda session: withdraw_practitioner(session, practitioner_id),
            Act.PRACTITIONER_WITHDRAWN,
            identity,
            lambda _: practitioner_id,
        )
    )
    return json_answer(spelled(view, None))


@blueprint.get(f"/{PRACTITIONER}/calendar")
@with_identity
@blueprint.arguments(AppointmentPageWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, CalendarPageSchema)
@refuses(NotAllowed, PractitionerNotFound)
def read_calendar(wanted: PageWanted, practitioner_id: int, identity: Identity) -> Response:
    """Read a therapist's coming appointments with the clients' names: the therapist and staff."""
    require_own_or_staff(identity, practitioner_id)
    now = clock().now()

    def read(session: Session) -> tuple[str, Page[AppointmentView]]:
        zone = find_practitioner(session, practitioner_id).time_zone
        page = calendar_of(session, practitioner_id, now, wanted)
        return zone, page.of([AppointmentView.of(*row) for row in page.items])

    zone, page = database().reading(read)
    audit_read(Act.CALENDAR_READ, identity, practitioner_id)
    names = full_names({each.client_id for each in page.items})
    return paged(entries_json(page.items, names), page, time_zone=zone)


@internal_blueprint.get(f"/{PRACTITIONER}")
@internal_blueprint.response(HTTPStatus.OK, PractitionerSchema)
@refuses(PractitionerNotFound)
def read_any_practitioner(practitioner_id: int) -> Response:
    """Read a therapist's record, published or not."""
    view = database().reading(
        lambda session: PractitionerView.of(find_practitioner(session, practitioner_id))
    )
    return json_answer(spelled(view, None))


def spelled(view: PractitionerView, locale: str | None) -> dict[str, object]:
    """Spell a record with the picture's public address."""
    return practitioner_json(view, public_url=chassis().settings.public_url, locale=locale)


def require_own_or_staff(identity: Identity, practitioner_id: int) -> None:
    """Let the therapist and staff pass, whether or not there is such a record.

    Raises:
        NotAllowed: it is somebody else.
    """
    is_own = identity.role == "therapist" and identity.account_id == practitioner_id
    if not is_own and not identity.is_staff:
        raise NotAllowed
