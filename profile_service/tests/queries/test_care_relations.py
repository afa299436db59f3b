"""Who is related to whom, and who is listed, as far as was heard."""

from collections.abc import Callable

from profile_service.queries.care_relations import are_related_by_copy, is_listed_by_copy
from profile_service.tests.factories import event
from shared.database import Database

CLIENT, OTHER_CLIENT, THERAPIST = 17, 18, 42


def related(database: Database, one_id: int, other_id: int) -> bool:
    return database.reading(lambda session: are_related_by_copy(session, one_id, other_id))


def listed(database: Database, practitioner_id: int) -> bool:
    return database.reading(lambda session: is_listed_by_copy(session, practitioner_id))


def test_a_relation_holds_from_both_sides_until_it_ends(hear: Callable, database: Database):
    pair = {"client_id": CLIENT, "practitioner_id": THERAPIST}
    assert not related(database, CLIENT, THERAPIST)
    hear(event("booking.care_relation.started.v1", **pair))
    assert related(database, CLIENT, THERAPIST)
    assert related(database, THERAPIST, CLIENT)
    assert not related(database, OTHER_CLIENT, THERAPIST)
    assert not related(database, CLIENT, OTHER_CLIENT)
    hear(event("booking.care_relation.ended.v1", **pair))
    assert not related(database, CLIENT, THERAPIST)


def test_a_therapist_is_listed_until_withdrawn(hear: Callable, database: Database):
    assert not listed(database, THERAPIST)
    hear(event("booking.practitioner.published.v1", practitioner_id=THERAPIST))
    assert listed(database, THERAPIST)
    assert not listed(database, OTHER_CLIENT)
    hear(event("booking.practitioner.withdrawn.v1", practitioner_id=THERAPIST))
    assert not listed(database, THERAPIST)
