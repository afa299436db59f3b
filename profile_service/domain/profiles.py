"""Operations on profiles: what is known of a person, changing it, and what others see."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from profile_service.domain.accounts import Account
from profile_service.domain.care_relations import Sight
from profile_service.domain.progress import Progress
from profile_service.events.profiles import profile_changed
from profile_service.models.profiles import Profile
from profile_service.queries.care_relations import are_related_by_copy
from profile_service.queries.profiles import everything_about, profile_for_update
from shared.database import insert_unless_there
from shared.entity_tags import NO_PRECONDITION, Precondition
from shared.errors import InvalidRequest
from shared.events.outbox import add_to_outbox

EARLIEST_BIRTH = date(1900, 1, 1)
LOCALES = ("ru", "en", "ar")
GENDERS = ("F", "M", "X")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a person told about themselves."""

    birth_date: date | None = None
    gender: str | None = None
    specialty: str | None = None
    locale: str | None = None
    country: str | None = None
    time_zone: str | None = None
    has_account_values: bool = False


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything this database holds about a person, and whether it holds a care relation between
    them and the caller. Who has never answered anything has made no progress yet.
    """

    account: Account | None
    told: Told
    premium_since: datetime | None
    progress: Progress
    is_related_by_copy: bool


@dataclass(frozen=True, kw_only=True)
class ProfileView:
    """A profile as its owner sees it."""

    account_id: int
    email: str = field(repr=False)
    first_name: str
    last_name: str
    birth_date: date | None
    gender: str | None
    specialty: str | None
    locale: str
    country: str | None
    time_zone: str | None
    is_premium: bool
    premium_since: datetime | None
    progress: Progress

    @classmethod
    def of(cls, account: Account, record: Record) -> "ProfileView":
        """Join who a person is with what they told."""
        told = shown_told(record.told, account)
        return cls(
            account_id=account.account_id,
            email=account.email,
            first_name=account.first_name,
            last_name=account.last_name,
            birth_date=told.birth_date,
            gender=told.gender,
            specialty=told.specialty,
            locale=told.locale or account.locale,
            country=told.country,
            time_zone=told.time_zone,
            is_premium=record.premium_since is not None,
            premium_since=record.premium_since,
            progress=record.progress,
        )


@dataclass(frozen=True, kw_only=True)
class SeenProfileView:
    """A profile as somebody else sees it: the full name of those who are visible or listed, address
    and birth date only where contact data may be seen.
    """

    account_id: int
    email: str | None = field(repr=False)
    first_name: str
    last_name: str
    birth_date: date | None
    gender: str | None
    specialty: str | None

    @classmethod
    def of(cls, account: Account, record: Record, sight: Sight) -> "SeenProfileView":
        """Join who a person is with what they told, as far as the caller may see it."""
        return cls(
            account_id=account.account_id,
            email=account.email if sight.has_contact else None,
            first_name=account.first_name,
            last_name=account.last_name if sight.has_name else "",
            birth_date=record.told.birth_date if sight.has_contact else None,
            gender=record.told.gender,
            specialty=record.told.specialty,
        )


@dataclass(frozen=True, kw_only=True)
class ChangeProfile:
    """The fields to change by name; None clears one, what is missing stays."""

    changes: dict[str, str | date | None]


def record_of(session: Session, account_id: int, *, caller_id: int) -> Record:
    """Read everything this database holds about a person."""
    row = everything_about(session, account_id)
    return Record(
        account=None if row.known_id is None else _account_in(row),
        told=Told() if row.profile_id is None else _told_in(row),
        premium_since=row.started_at,
        progress=Progress() if row.completed_stages is None else _progress_in(row),
        is_related_by_copy=account_id != caller_id
        and are_related_by_copy(session, account_id, caller_id),
    )


def _account_in(row: Row[Any]) -> Account:
    return Account(
        account_id=row.known_id,
        version=row.version,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        role=row.role,
        locale=row.known_locale,
        is_verified=row.is_verified,
    )


def _progress_in(row: Row[Any]) -> Progress:
    return Progress(
        completed_stages=row.completed_stages, ratio=row.ratio, total_answers=row.total_answers
    )


def _told_in(row: Row[Any] | Profile) -> Told:
    return Told(**{name: getattr(row, name) for name in Told.__dataclass_fields__})


def shown_told(told: Told, account: Account) -> Told:
    """Give what a profile shows as told: of the sign-up where nothing else was told, its language,
    and until its country and zone were taken over, those. Taking them over shows nothing new.
    """
    signed_up = None if told.has_account_values else account
    return replace(
        told,
        locale=told.locale or account.locale,
        country=told.country or (signed_up.country if signed_up else None),
        time_zone=told.time_zone or (signed_up.time_zone if signed_up else None),
        has_account_values=True,
    )


def change_profile(
    session: Session,
    command: ChangeProfile,
    *,
    account: Account,
    precondition: Precondition = NO_PRECONDITION,
    today: date,
) -> None:
    """Change one's profile; the first touch makes it, with country and zone of the sign-up.

    Locks the profile. Adds profile.profile.changed.v1 to the outbox when language, country or zone
    change.

    Raises:
        InvalidRequest: a birth date before 1900 or after today.
        PreconditionFailed: written from another state than the present one.
    """
    birth_date = command.changes.get("birth_date")
    if isinstance(birth_date, date) and not EARLIEST_BIRTH <= birth_date <= today:
        raise InvalidRequest(errors={"birth_date": ["Date is out of range."]})
    if not command.changes:
        row = everything_about(session, account.account_id)
        told = Told() if row.profile_id is None else _told_in(row)
        precondition.check(shown_told(told, account))
        return
    profile = _profile(session, account)
    precondition.check(shown_told(_told_in(profile), account))
    before = _announced(profile, account.locale)
    for name, value in command.changes.items():
        setattr(profile, name, value)
    _announce_if_changed(session, profile, account.locale, before)


def take_over_sign_up(session: Session, account: Account) -> None:
    """Make the profile of a new account, or give one that was touched before its first news the
    country and zone of the sign-up where nothing was told.

    Locks the profile. Adds profile.profile.changed.v1 to the outbox when that says something new.
    """
    profile = _profile(session, account)
    if profile.has_account_values:
        return
    before = _announced(profile, account.locale)
    profile.country = profile.country or account.country
    profile.time_zone = profile.time_zone or account.time_zone
    profile.has_account_values = True
    _announce_if_changed(session, profile, account.locale, before)


def follow_language(session: Session, account: Account, *, former_locale: str) -> None:
    """Announce the new language of an account whose profile names none of its own: the sign-up
    that was adopted brings it.

    Locks the profile. Adds profile.profile.changed.v1 to the outbox when that says something new.
    """
    profile = _profile(session, account)
    _announce_if_changed(session, profile, account.locale, _announced(profile, former_locale))


def _profile(session: Session, account: Account) -> Profile:
    """Give the locked profile, made and announced on first touch."""
    is_new = insert_unless_there(
        session,
        Profile,
        {
            "account_id": account.account_id,
            "country": account.country,
            "time_zone": account.time_zone,
            "has_account_values": account.country is not None or account.time_zone is not None,
            "version": 1,
        },
    )
    profile = profile_for_update(session, account.account_id)
    if is_new:
        session.flush()
        add_to_outbox(session, profile_changed(profile, locale=account.locale))
    return profile


def _announced(profile: Profile, account_locale: str) -> tuple[str, str | None, str | None]:
    return profile.locale or account_locale, profile.country, profile.time_zone


def _announce_if_changed(
    session: Session,
    profile: Profile,
    account_locale: str,
    before: tuple[str, str | None, str | None],
) -> None:
    profile.version += 1
    if _announced(profile, account_locale) != before:
        add_to_outbox(session, profile_changed(profile, locale=profile.locale or account_locale))
