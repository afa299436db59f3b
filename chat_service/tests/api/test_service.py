"""What every service answers: its health and its description."""

from typing import Any

from flask.testing import FlaskClient
from openapi_spec_validator import validate

from chat_service.tests.factories import Caller
from shared.events.readiness import sign

OPERATIONS = {
    ("get", "/api/v1/stages"),
    ("get", "/api/v1/help-lines"),
    ("get", "/api/v1/guided-sessions"),
    ("post", "/api/v1/guided-sessions/{guided_session_id}/start"),
    ("post", "/api/v1/guided-sessions/{guided_session_id}/answers"),
    ("get", "/api/v1/guided-sessions/{guided_session_id}/transcript"),
    ("get", "/api/v1/conversations"),
    ("get", "/api/v1/conversations/{conversation_id}/messages"),
    ("put", "/api/v1/conversations/{conversation_id}/read-mark"),
    ("post", "/api/v1/messages"),
    ("delete", "/api/v1/messages/{message_id}"),
}

# What anybody may read: whom to call needs no account.
OPEN = frozenset({"/api/v1/help-lines"})


def _document(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def test_the_description_is_valid_and_complete(client: FlaskClient):
    document = _document(client)
    validate(document)
    found = {
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete", "patch")
    }
    assert found == OPERATIONS


def test_every_operation_says_who_may_call_it(client: FlaskClient):
    for path, item in _document(client)["paths"].items():
        scheme = "internal" if path.startswith("/internal/") else "token"
        for method, operation in item.items():
            if method != "parameters":
                needed: list[dict[str, list[str]]] = [{}] if path in OPEN else [{scheme: []}]
                assert operation["security"] == needed, path


def test_every_field_of_a_request_is_described(client: FlaskClient):
    schemas = _document(client)["components"]["schemas"]
    for name in ("AnswerQuestion", "SendMessage", "MarkRead"):
        for field, described in schemas[name]["properties"].items():
            assert described.get("description"), f"{name}.{field}"


def test_the_service_is_ready_when_its_parts_are(client: FlaskClient, database, clock):
    sign(database, clock, instance="one", has_broker=True)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")
    assert set(answer.get_json()["checks"]) == {
        "database", "migrations", "keys", "text_keys", "worker", "broker", "outbox"
    }  # fmt: skip
    assert client.get("/healthz").status_code == 200
    assert b"hearth_http_requests" in client.get("/metrics").data


def test_personal_answers_are_not_kept_on_the_way(person: Caller):
    answer = person.call("GET", "/api/v1/guided-sessions")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"
