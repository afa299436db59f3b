"""Hearing booking: copies of care relations and of who is listed; twice, late, malformed."""

import pytest
from sqlalchemy import select

from auth_service.listeners import HANDLERS
from auth_service.queries.care_relations import in_care_with, is_listed
from shared.events.catalogue import SHIPPED_DIRECTORY, load_example, shipped_catalogue
from shared.events.envelope import Envelope, new_event_id
from shared.events.inbox import handle_waiting, receive
from shared.events.tables import inbox

CLIENT, THERAPIST = 11, 12


def heard(event_type, sequence, subject, data, clock):
    return Envelope(
        id=new_event_id(),
        type=event_type,
        source="/hearth/booking_service",
        subject=subject,
        sequence=sequence,
        time=clock.now(),
        correlation_id=None,
        data=data,
    ).to_json()


def relation(what, sequence, clock, **more):
    data = {"client_id": CLIENT, "practitioner_id": THERAPIST, **more}
    kind = f"booking.care_relation.{what}.v1"
    return heard(kind, sequence, f"client/{CLIENT}", data, clock)


def listing(what, sequence, clock, **more):
    data = {"practitioner_id": THERAPIST, **more}
    kind = f"booking.practitioner.{what}.v1"
    return heard(kind, sequence, f"practitioner/{THERAPIST}", data, clock)


def states(database):
    return database.reading(lambda session: list(session.execute(select(inbox.c.state)).scalars()))


def handle(database, bodies, clock):
    receive(database, bodies, clock)
    handle_waiting(database, HANDLERS, clock)


def in_care(database):
    return database.reading(
        lambda session: (in_care_with(session, CLIENT), in_care_with(session, THERAPIST))
    )


def test_the_handlers_are_what_the_catalogue_says():
    assert set(HANDLERS) == shipped_catalogue().heard_by("auth_service")


@pytest.mark.parametrize("event_type", sorted(HANDLERS))
def test_the_example_of_the_contract_is_heard(database, clock, event_type):
    entry = shipped_catalogue().entry(event_type)
    handle(database, [load_example(SHIPPED_DIRECTORY, entry).to_json()], clock)
    assert states(database) == ["done"]


def test_a_care_relation_begins_and_ends(database, clock):
    handle(database, [relation("started", 1, clock)], clock)
    assert in_care(database) == ({THERAPIST}, {CLIENT})
    handle(database, [relation("ended", 2, clock)], clock)
    assert in_care(database) == (set(), set())
    handle(database, [relation("started", 3, clock)], clock)
    assert in_care(database) == ({THERAPIST}, {CLIENT})


def test_an_event_that_comes_twice_or_late_changes_nothing(database, clock):
    started, ended = relation("started", 1, clock), relation("ended", 2, clock)
    handle(database, [started, ended, started], clock)
    handle(database, [relation("started", 1, clock)], clock)
    assert in_care(database) == (set(), set())


def test_a_therapist_is_listed_and_withdrawn(database, clock):
    handle(database, [listing("published", 1, clock, name="Tanya")], clock)
    assert database.reading(lambda session: is_listed(session, THERAPIST))
    handle(database, [listing("withdrawn", 2, clock), listing("published", 1, clock)], clock)
    assert not database.reading(lambda session: is_listed(session, THERAPIST))


@pytest.mark.parametrize(
    "data",
    [{}, {"client_id": "11", "practitioner_id": 12}, {"client_id": 0, "practitioner_id": 12}],
)
def test_a_malformed_event_is_dead_at_once(database, clock, data):
    body = heard("booking.care_relation.started.v1", 1, "client/11", data, clock)
    handle(database, [body], clock)
    assert states(database) == ["dead"]
    assert in_care(database) == (set(), set())


def test_unknown_fields_of_a_newer_release_are_ignored(database, clock):
    handle(database, [relation("started", 1, clock, colour="green")], clock)
    assert states(database) == ["done"]
