"""Input nobody should send: refused clearly by every writing operation, leaving no trace."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from booking_service.models.appointments import Appointment
from booking_service.models.care_relations import CareRelation
from booking_service.models.holds import Hold
from booking_service.models.matching_preferences import MatchingPreferences
from booking_service.models.payment_methods import PaymentMethod
from booking_service.tests.factories import CLIENT, STAFF, Door, refused
from shared.database import Database

OPERATIONS = [
    ("PUT", STAFF, "/api/v1/practitioners/{therapist}"),
    ("PUT", STAFF, "/api/v1/practitioners/{therapist}/schedule"),
    ("PUT", CLIENT, "/api/v1/matching-preferences/me"),
    ("POST", CLIENT, "/api/v1/holds"),
    ("POST", CLIENT, "/api/v1/selections"),
    ("POST", CLIENT, "/api/v1/appointments"),
    ("POST", CLIENT, "/api/v1/payment-methods"),
]
NOTHING = (Appointment, CareRelation, Hold, MatchingPreferences, PaymentMethod)
VALUES: list[object] = [
    None,
    "",
    " ",
    "text",
    "5",
    0,
    -1,
    1.5,
    2**31,
    2**53,
    True,
    [],
    [[]],
    {},
    {"a": 1},
    "O'Brien",
    "../../etc/passwd",
    "2026-07-07T09:00:00Z",
    "Ж" * 5000,
]
FIELDS = {
    "/api/v1/holds": ["practitioner_id", "starts_at"],
    "/api/v1/selections": ["practitioner_id", "starts_at", "reschedule_token", "only_move"],
    "/api/v1/appointments": ["practitioner_id", "starts_at", "client_id"],
    "/api/v1/payment-methods": ["holder_name", "number", "expiry", "verification_code"],
    "/api/v1/matching-preferences/me": [
        "age",
        "has_experience",
        "therapy_type",
        "topics",
        "preferred_gender",
        "time_preference",
        "preferred_hour",
        "price_band",
        "language",
    ],
    "/api/v1/practitioners/{therapist}/schedule": [
        "time_zone",
        "weekly_hours",
        "overrides",
        "absences",
    ],
    "/api/v1/practitioners/{therapist}": [
        "name",
        "information",
        "education",
        "therapy_types",
        "methods",
        "topics",
        "languages",
        "gender",
        "session_minutes",
        "price_minor_units",
        "currency",
        "time_zone",
        "settings",
    ],
}


def rows(database: Database) -> list[int]:
    return [
        database.reading(
            lambda session, table=table: session.execute(  # type: ignore[misc]
                select(func.count()).select_from(table)
            ).scalar_one()
        )
        for table in NOTHING
    ]


def send(door: Door, method: str, who: int, path: str, body: bytes, content_type: str):
    headers = door.maker.headers(who, door.role_of(who))
    return door.app.test_client().open(
        path, method=method, data=body, content_type=content_type, headers=headers
    )


@pytest.mark.parametrize(("method", "who", "path"), OPERATIONS)
def test_unreadable_bodies_are_refused(
    door: Door,
    therapist: int,
    database: Database,
    announced: Callable[[], list[dict]],
    method: str,
    who: int,
    path: str,
):
    path = path.format(therapist=therapist)
    before = announced()
    unreadable = [
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"[" * 100_00 + b"]" * 100_00,
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"a": 1' + b"0" * 30 + b"}",
    ]

    for body in unreadable:
        answer = send(door, method, who, path, body, "application/json")
        refused(answer, 400, "unreadable_body")
    refused(send(door, method, who, path, b"a=1", "text/plain"), 415, "unsupported_media_type")
    too_large = b'{"a": "' + b"x" * 70_000 + b'"}'
    refused(send(door, method, who, path, too_large, "application/json"), 413, "body_too_large")
    for body in (b"[]", b"5", b'"text"', b"null", b""):
        answer = send(door, method, who, path, body, "application/json")
        refused(answer, 422, "invalid_request")
    assert rows(database) == [0] * len(NOTHING)
    assert announced() == before


@pytest.mark.parametrize(("method", "who", "path"), OPERATIONS)
def test_no_value_in_any_field_is_a_server_error(
    door: Door, therapist: int, database: Database, method: str, who: int, path: str
):
    for field in FIELDS[path]:
        for value in VALUES:
            answer = door.call(method, who, path.format(therapist=therapist), {field: value})
            assert answer.status_code < 500, (field, value)
            assert answer.status_code in (200, 422), (field, value, answer.json)
    assert rows(database) == [0] * len(NOTHING)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/practitioners?topic=x",
        "/api/v1/practitioners?topic=999999999999999999999",
        "/api/v1/practitioners?page=0",
        "/api/v1/practitioners?limit=101",
        "/api/v1/practitioners?language=%00",
        "/api/v1/appointments?client_id=-1",
        "/api/v1/appointments?practitioner_id=1e9",
        "/api/v1/matches?limit=١",
        "/api/v1/care-relations?state=%ff",
    ],
)
def test_bad_queries_are_refused(door: Door, path: str):
    refused(door.get(CLIENT, path), 422, "invalid_request")


def test_a_wrong_method_names_the_right_ones(door: Door):
    answer = door.call("PATCH", CLIENT, "/api/v1/holds", {})

    refused(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_texts_are_given_back_exactly(door: Door, therapist: int):
    text = "O'Brien <b>жирный</b> \r\n 👩‍👩‍👧 שלום \u200f"
    booked = door.create_appointment(CLIENT, therapist, "2026-07-07T09:00:00Z")
    path = f"/api/v1/appointments/{booked['id']}"

    door.post(CLIENT, f"{path}/cancellation", {"reason": text})

    assert door.get(CLIENT, f"{path}/history").json["items"][-1]["reason"] == text
