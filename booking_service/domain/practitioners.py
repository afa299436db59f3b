"""Practitioners: writing the public record, listing it and taking it off the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking_service.domain.accounts import Account
from booking_service.domain.calendars import practitioner_for_update
from booking_service.domain.claims import guard_claims
from booking_service.domain.slots import CELL_MINUTES, Lengths, shift_of_zone
from booking_service.errors import AccountIsNotTherapist
from booking_service.events.practitioners import practitioner_published, practitioner_withdrawn
from booking_service.models.practitioners import Practitioner
from booking_service.models.tables import LocalizedText
from shared.database import insert_unless_there
from shared.entity_tags import NO_PRECONDITION, Precondition
from shared.errors import InvalidRequest
from shared.events.outbox import add_to_outbox

LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class BookingSettings:
    """The rules of booking with one practitioner; a missing hard limit means there is none."""

    minimum_notice_minutes: int = 120
    free_cancellation_minutes: int = 720
    hard_limit_minutes: int | None = None
    booking_window_days: int = 60
    buffer_minutes: int = 10
    maximum_coming_per_client: int = 3


@dataclass(frozen=True, kw_only=True)
class WritePractitioner:
    """A whole public record. `name` None shows the account's name; `time_zone` None keeps the
    present zone, or takes the service's for a new record.
    """

    therapy_types: tuple[str, ...]
    languages: tuple[str, ...]
    gender: str
    price_minor_units: int
    name: LocalizedText | None = None
    information: LocalizedText = ""
    education: LocalizedText = ""
    methods: tuple[int, ...] = ()
    topics: tuple[int, ...] = ()
    session_minutes: int = 50
    currency: str = "HUF"
    time_zone: str | None = None
    settings: BookingSettings = BookingSettings()


@dataclass(frozen=True, kw_only=True, eq=False)
class PractitionerView:
    """A public record as it leaves the transaction; compared by identity, so that what was spelled
    of one can be kept.
    """

    id: int
    name: LocalizedText
    information: LocalizedText
    education: LocalizedText
    therapy_types: Sequence[str]
    methods: Sequence[int]
    topics: Sequence[int]
    languages: Sequence[str]
    gender: str
    session_minutes: int
    price_minor_units: int
    currency: str
    time_zone: str
    is_published: bool
    settings: BookingSettings

    @classmethod
    def of(cls, practitioner: Practitioner) -> "PractitionerView":
        """Copy what may be shown."""
        return cls(
            id=practitioner.id,
            name=practitioner.shown_name,
            information=practitioner.information,
            education=practitioner.education,
            therapy_types=practitioner.therapy_types,
            methods=practitioner.methods,
            topics=practitioner.topics,
            languages=practitioner.languages,
            gender=practitioner.gender,
            session_minutes=practitioner.session_minutes,
            price_minor_units=practitioner.price_minor_units,
            currency=practitioner.currency,
            time_zone=practitioner.time_zone,
            is_published=practitioner.is_published,
            settings=settings_of(practitioner),
        )


def settings_of(practitioner: Practitioner) -> BookingSettings:
    """Give the rules of booking with a practitioner."""
    return BookingSettings(
        minimum_notice_minutes=practitioner.minimum_notice_minutes,
        free_cancellation_minutes=practitioner.free_cancellation_minutes,
        hard_limit_minutes=practitioner.hard_limit_minutes,
        booking_window_days=practitioner.booking_window_days,
        buffer_minutes=practitioner.buffer_minutes,
        maximum_coming_per_client=practitioner.maximum_coming_per_client,
    )


def lengths_of(practitioner: Practitioner, session_minutes: int | None = None) -> Lengths:
    """Give how long a practitioner's hours take; with `session_minutes` those of an appointment
    that was booked at another length.
    """
    lengths = Lengths(
        session_minutes=practitioner.session_minutes, buffer_minutes=practitioner.buffer_minutes
    )
    return lengths if session_minutes is None else lengths.of_session(session_minutes)


def write_practitioner(
    session: Session,
    practitioner_id: int,
    command: WritePractitioner,
    *,
    account: Account,
    default_time_zone: str,
    precondition: Precondition = NO_PRECONDITION,
    now: datetime,
) -> tuple[PractitionerView, bool]:
    """Write a therapist's public record as a whole; give it, and whether it is new.

    A new record is not listed. Adds booking.practitioner.published.v1 when a listed one changed.

    Raises:
        AccountIsNotTherapist: the account has another role.
        PreconditionRequired, PreconditionFailed: see `shared.entity_tags`.
        InvalidRequest: a length is off the ten-minute grid.
    """
    if account.role != "therapist":
        raise AccountIsNotTherapist
    check_grid(command, today=now.date())
    values = {
        **_columns_of(command),
        "account_name": account.full_name[:LONGEST_NAME],
    }
    new = {"time_zone": default_time_zone, "is_published": False, "created_at": now, "version": 1}
    values["is_active"] = account.is_active_therapist
    row = {"id": practitioner_id, **new, **values}
    is_new = insert_unless_there(session, Practitioner, row) == 1  # two may write it at once
    practitioner = practitioner_for_update(session, practitioner_id)
    precondition.check(
        None if is_new else PractitionerView.of(practitioner), is_required=not is_new
    )
    if not is_new:
        if command.time_zone is not None:
            work_in_zone(session, practitioner, command.time_zone, now=now)
        for name, value in values.items():
            setattr(practitioner, name, value)
        announce_change(session, practitioner)
    return PractitionerView.of(practitioner), is_new


def publish_practitioner(session: Session, practitioner_id: int) -> PractitionerView:
    """List a practitioner; one that is listed stays as it is.

    Adds booking.practitioner.published.v1.

    Raises:
        PractitionerNotFound: nobody has a record under that id.
        AccountIsNotTherapist: the account is locked, or has another role by now.
    """
    practitioner = practitioner_for_update(session, practitioner_id)
    if not practitioner.is_active:
        raise AccountIsNotTherapist
    if not practitioner.is_published:
        practitioner.is_published = True
        session.flush()
        add_to_outbox(session, practitioner_published(practitioner))
    return PractitionerView.of(practitioner)


def withdraw_practitioner(session: Session, practitioner_id: int) -> PractitionerView:
    """Take a practitioner off the list. Appointments stay, and present clients may still book.

    Adds booking.practitioner.withdrawn.v1.

    Raises:
        PractitionerNotFound: nobody has a record under that id.
    """
    practitioner = practitioner_for_update(session, practitioner_id)
    if practitioner.is_published:
        practitioner.is_published = False
        session.flush()
        add_to_outbox(session, practitioner_withdrawn(practitioner))
    return PractitionerView.of(practitioner)


def rename_practitioner(session: Session, practitioner: Practitioner, full_name: str) -> None:
    """Take over the account's name; it is shown where staff wrote none."""
    practitioner.account_name = full_name[:LONGEST_NAME]
    announce_change(session, practitioner)


def check_grid(command: WritePractitioner, *, today: date) -> None:
    """Refuse what would put hours off the ten-minute grid.

    Raises:
        InvalidRequest: naming each field.
    """
    errors: dict[str, list[str]] = {}
    text = f"Must be a multiple of {CELL_MINUTES}."
    if command.session_minutes % CELL_MINUTES:
        errors["session_minutes"] = [text]
    if command.settings.buffer_minutes % CELL_MINUTES:
        errors["settings.buffer_minutes"] = [text]
    if command.time_zone is not None:
        errors |= time_zone_errors(command.time_zone, today=today)
    if errors:
        raise InvalidRequest(errors=errors)


def time_zone_errors(time_zone: str, *, today: date) -> dict[str, list[str]]:
    """Give the errors of a known zone whose clock leaves its own grid; none is fine."""
    if shift_of_zone(time_zone, around=today) is not None:
        return {}
    text = f"The zone's distance from UTC must change by multiples of {CELL_MINUTES} minutes."
    return {"time_zone": [text]}


def work_in_zone(
    session: Session, practitioner: Practitioner, time_zone: str, *, now: datetime
) -> None:
    """Let a locked practitioner work in a zone from now on; appointments and holds that stand keep
    their hours, and their claims the new zone's hours away.
    """
    shift = shift_of_zone(time_zone, around=now.date())
    if shift is not None and time_zone != practitioner.time_zone:
        guard_claims(session, practitioner.id, shift=shift, now=now)
    practitioner.time_zone = time_zone


def announce_change(session: Session, practitioner: Practitioner) -> None:
    """Write what was set on a locked record; a listed one's change is announced."""
    if session.is_modified(practitioner):
        session.flush()
        if practitioner.is_published:
            add_to_outbox(session, practitioner_published(practitioner))


def _columns_of(command: WritePractitioner) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "name": _plain(command.name),
        "information": _plain(command.information),
        "education": _plain(command.education),
        "therapy_types": command.therapy_types,
        "methods": tuple(sorted(set(command.methods))),
        "topics": tuple(sorted(set(command.topics))),
        "languages": command.languages,
        "gender": command.gender,
        "session_minutes": command.session_minutes,
        "price_minor_units": command.price_minor_units,
        "currency": command.currency,
        "minimum_notice_minutes": command.settings.minimum_notice_minutes,
        "free_cancellation_minutes": command.settings.free_cancellation_minutes,
        "hard_limit_minutes": command.settings.hard_limit_minutes,
        "booking_window_days": command.settings.booking_window_days,
        "buffer_minutes": command.settings.buffer_minutes,
        "maximum_coming_per_client": command.settings.maximum_coming_per_client,
    }
    if command.time_zone is not None:
        columns["time_zone"] = command.time_zone
    return columns


def _plain(text: LocalizedText | None) -> LocalizedText | None:
    return dict(text) if isinstance(text, Mapping) else text
