"""What a client looks for."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking_service.models.messaging import idempotency_keys
from booking_service.tests.factories import CLIENT, OTHER_CLIENT, STAFF, Door, refused
from shared.database import Database
from shared.http import idempotency
from shared.testing.waiting import at_the_same_time

PATH = "/api/v1/matching-preferences/me"
WISHES = {
    "age": 31,
    "has_experience": False,
    "therapy_type": "individual",
    "topics": [3, 5, 20],
    "preferred_gender": "woman",
    "time_preference": "specific",
    "preferred_hour": 10,
    "price_band": 2,
    "language": None,
}


def test_wishes_are_kept_and_replaced_as_a_whole(door: Door):
    refused(door.get(CLIENT, PATH), 404, "preferences_not_found")

    assert door.put(CLIENT, PATH, WISHES).json == WISHES
    assert door.get(CLIENT, PATH).json == WISHES
    fewer = {**WISHES, "time_preference": "any", "preferred_hour": None}
    del fewer["topics"]
    assert door.put(CLIENT, PATH, fewer).json["topics"] == []
    refused(door.get(OTHER_CLIENT, PATH), 404, "preferences_not_found")


def test_only_clients_have_wishes(door: Door):
    refused(door.put(STAFF, PATH, WISHES), 403, "not_allowed")
    refused(door.get(STAFF, PATH), 403, "not_allowed")
    refused(door.get(None, PATH), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"age": 15}, "age"),
        ({"age": 121}, "age"),
        ({"age": "31"}, "age"),
        ({"age": True}, "age"),
        ({"has_experience": 1}, "has_experience"),
        ({"therapy_type": "group"}, "therapy_type"),
        ({"topics": [29]}, "topics.0"),
        ({"topics": list(range(29)) * 2}, "topics"),
        ({"preferred_gender": None}, "preferred_gender"),
        ({"time_preference": "soon"}, "time_preference"),
        ({"preferred_hour": 24}, "preferred_hour"),
        ({"preferred_hour": None}, "preferred_hour"),
        ({"time_preference": "any"}, "preferred_hour"),
        ({"price_band": 4}, "price_band"),
        ({"language": "de"}, "language"),
        ({"wishes": "none"}, "wishes"),
    ],
)
def test_a_bad_wish_is_named_and_nothing_is_kept(door: Door, changes: dict, field: str):
    answer = door.put(CLIENT, PATH, {**WISHES, **changes})

    refused(answer, 422, "invalid_request")
    assert field in answer.json["errors"]
    assert door.get(CLIENT, PATH).status_code == 404


def test_first_wishes_told_at_once_are_kept_once(door: Door):
    answers = at_the_same_time([partial(door.put, CLIENT, PATH, WISHES)] * 6)

    assert [answer.status_code for answer in answers] == [200] * 6


def test_if_match_is_honoured_and_not_needed(door: Door):
    path = "/api/v1/matching-preferences/me"
    stale = {"If-Match": '"older"'}
    refused(door.call("PUT", CLIENT, path, WISHES, headers=stale), 412, "precondition_failed")
    assert door.put(CLIENT, path, WISHES).status_code == 200
    tag = {"If-Match": door.get(CLIENT, path).headers["ETag"]}
    changed = {**WISHES, "age": 44}
    assert door.call("PUT", CLIENT, path, changed, headers=tag).status_code == 200
    refused(door.call("PUT", CLIENT, path, WISHES, headers=tag), 412, "precondition_failed")
    assert door.get(CLIENT, path).json["age"] == 44


def test_the_same_idempotency_key_tells_wishes_once_and_keeps_none(
    app: Flask, door: Door, database: Database
):
    key = {"Idempotency-Key": "wishes-1"}

    def tell(wishes: dict[str, object]) -> TestResponse:
        return door.call("PUT", CLIENT, PATH, wishes, headers=key)

    first = at_the_same_time([partial(tell, WISHES)] * 4)
    assert [(answer.status_code, answer.json) for answer in first] == [(200, WISHES)] * 4
    refused(tell({**WISHES, "age": 45}), 409, "idempotency_key_reused")
    changed = door.put(CLIENT, PATH, {**WISHES, "age": 44})
    again = tell(WISHES)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.get_json()["age"], again.headers["ETag"]) == (44, changed.headers["ETag"])
    assert door.get(CLIENT, PATH).json["age"] == 44
    kept = select(idempotency_keys.c.answer)
    [answer] = database.reading(lambda session: session.execute(kept).scalars().all())
    with app.app_context():
        assert idempotency._box().decrypt(answer) == b""
