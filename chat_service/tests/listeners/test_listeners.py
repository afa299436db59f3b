"""What is heard of other services: each event twice, late and malformed."""

from typing import Any

import pytest
from sqlalchemy import func, select

from chat_service.listeners import HANDLERS
from chat_service.models.care_relations import CareRelation
from chat_service.models.people import Person
from chat_service.models.practitioners import Practitioner
from chat_service.tests.factories import CLIENT, THERAPIST, care_event, event, hear
from shared.database import Database
from shared.events.catalogue import shipped_catalogue, shipped_example
from shared.events.envelope import Envelope
from shared.testing.clocks import StandingClock

PROFILE = "profile.profile.changed.v1"
MEMBERSHIP = "profile.membership.started.v1"
STARTED = "booking.care_relation.started.v1"
ENDED = "booking.care_relation.ended.v1"
PUBLISHED = "booking.practitioner.published.v1"
WITHDRAWN = "booking.practitioner.withdrawn.v1"


def _person(database: Database) -> Person | None:
    return database.reading(lambda session: session.get(Person, CLIENT))


def _practitioner(database: Database) -> Practitioner:
    return database.reading(lambda session: session.get_one(Practitioner, THERAPIST))


def _rows(database: Database, model: type[Any]) -> int:
    wanted = select(func.count()).select_from(model)
    return database.reading(lambda session: session.execute(wanted).scalar_one())


def _is_active(database: Database) -> bool:
    wanted = select(CareRelation.is_active)
    return database.reading(lambda session: session.execute(wanted).scalar_one())


def _profile(version: int, locale: str) -> Envelope:
    data = {"account_id": CLIENT, "locale": locale, "country": "HU", "version": version}
    return event(PROFILE, data, sequence=version)


def _record(event_type: str, sequence: int, **data: object) -> Envelope:
    return event(
        event_type,
        {"practitioner_id": THERAPIST, **data},
        subject=f"practitioner/{THERAPIST}",
        sequence=sequence,
    )


def test_every_type_the_catalogue_sends_here_is_handled():
    assert set(HANDLERS) == shipped_catalogue().heard_by("chat_service")


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
def test_the_catalogues_example_is_understood(
    database: Database, clock: StandingClock, event_type: str
):
    assert hear(database, clock, shipped_example(event_type)) == ["done"]


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
def test_a_redelivered_event_is_handled_once(
    database: Database, clock: StandingClock, event_type: str
):
    example = shipped_example(event_type)
    assert hear(database, clock, example, example) == ["done", "done"]
    assert hear(database, clock, example) == ["done"]


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
@pytest.mark.parametrize("value", [None, "17", True, -1, 0, 1.5, "9" * 20, [1], {}])
def test_a_malformed_event_is_dead_at_once_and_changes_nothing(
    database: Database, clock: StandingClock, event_type: str, value: Any
):
    example = shipped_example(event_type)
    name = next(name for name in ("account_id", "practitioner_id") if name in example.data)
    malformed = event(event_type, {**example.data, name: value}, subject=example.subject)
    assert hear(database, clock, malformed) == ["dead"]
    assert [_rows(database, model) for model in (Person, CareRelation, Practitioner)] == [0, 0, 0]


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
def test_an_event_without_its_data_is_dead(
    database: Database, clock: StandingClock, event_type: str
):
    empty = event(event_type, {}, subject=shipped_example(event_type).subject)
    assert hear(database, clock, empty) == ["dead"]


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
def test_what_a_later_release_adds_is_ignored(
    database: Database, clock: StandingClock, event_type: str
):
    example = shipped_example(event_type)
    more = event(event_type, {**example.data, "mood": "new"}, subject=example.subject)
    assert hear(database, clock, more) == ["done"]


def test_a_late_profile_changes_nothing(database: Database, clock: StandingClock):
    hear(database, clock, _profile(3, "ru"))
    hear(database, clock, _profile(2, "ar"))
    hear(database, clock, _profile(3, "ar"))
    person = _person(database)
    assert person is not None
    assert (person.locale, person.country, person.profile_version) == ("ru", "HU", 3)


def test_the_first_profile_has_version_zero_at_the_least(database: Database, clock: StandingClock):
    hear(database, clock, _profile(0, "ar"))
    person = _person(database)
    assert person is not None
    assert person.locale == "ar"


@pytest.mark.parametrize("locale", ["de", "", None, 5])
def test_a_language_nobody_speaks_here_is_dead(
    database: Database, clock: StandingClock, locale: Any
):
    assert hear(database, clock, _profile(1, locale)) == ["dead"]
    assert _person(database) is None


def test_a_membership_keeps_its_first_day(database: Database, clock: StandingClock):
    days = ["2026-07-06T08:00:00.000000Z", "2026-08-01T00:00:00.000000Z"]
    for number, day in enumerate(days):
        data = {"account_id": CLIENT, "started_at": day}
        assert hear(database, clock, event(MEMBERSHIP, data, sequence=number)) == ["done"]
    person = _person(database)
    assert person is not None
    assert person.premium_since is not None
    assert person.premium_since.month == 7


@pytest.mark.parametrize("day", [None, "yesterday", "2026-07-06", 5])
def test_a_membership_without_an_instant_is_dead(
    database: Database, clock: StandingClock, day: Any
):
    data = {"account_id": CLIENT, "started_at": day}
    assert hear(database, clock, event(MEMBERSHIP, data)) == ["dead"]


def test_a_care_relation_starts_and_ends(database: Database, clock: StandingClock):
    hear(database, clock, care_event("started", sequence=1))
    assert _is_active(database) is True
    hear(database, clock, care_event("ended", sequence=2))
    assert _is_active(database) is False
    hear(database, clock, care_event("started", sequence=3))
    assert _is_active(database) is True


def test_a_late_start_does_not_open_what_has_ended(database: Database, clock: StandingClock):
    hear(database, clock, care_event("ended", sequence=2))
    hear(database, clock, care_event("started", sequence=1))
    assert _is_active(database) is False


def test_an_end_republished_late_does_not_close_a_new_start(
    database: Database, clock: StandingClock
):
    hear(database, clock, care_event("started", sequence=3))
    hear(database, clock, care_event("ended", sequence=2))
    assert _is_active(database) is True


@pytest.mark.parametrize("name", ["Мария", {"ru": "Мария", "en": "Maria"}])
def test_a_therapists_name_is_kept_when_the_record_is_withdrawn(
    database: Database, clock: StandingClock, name: object
):
    hear(database, clock, _record(PUBLISHED, 1, name=name))
    hear(database, clock, _record(WITHDRAWN, 2))
    kept = _practitioner(database)
    assert (kept.name, kept.is_published) == (name, False)


def test_a_late_publication_changes_nothing(database: Database, clock: StandingClock):
    hear(database, clock, _record(PUBLISHED, 5, name="New"))
    hear(database, clock, _record(PUBLISHED, 4, name="Old"))
    hear(database, clock, _record(WITHDRAWN, 3))
    kept = _practitioner(database)
    assert (kept.name, kept.is_published, kept.sequence) == ("New", True, 5)


@pytest.mark.parametrize("name", ["", "x" * 201, 5, None, {}, {"ru": 5}, ["Мария"]])
def test_a_therapist_without_a_usable_name_is_dead(
    database: Database, clock: StandingClock, name: object
):
    assert hear(database, clock, _record(PUBLISHED, 1, name=name)) == ["dead"]
