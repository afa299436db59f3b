"""Every refusal is a problem document; an unknown exception says nothing."""

from typing import Any

import pytest
from flask import Flask, abort
from marshmallow import Schema, fields

from shared.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from shared.http.app import api_of, new_app
from shared.http.blueprint import (
    Access,
    Blueprint,
    json_answer,
    path_identifier,
    requires_role,
    with_identity,
)
from shared.settings import ServiceSettings, SettingsReader, service_values
from shared.testing.tokens import TokenMaker, internal_headers, service_environment


class SlotTaken(Conflict):
    """A refusal of a service."""

    message = "This hour is taken."


class Unheard(ServiceError):
    """A refusal without a place in the status table."""


class WantedSchema(Schema):
    """Query parameters."""

    since = fields.String(data_key="from")


class BodySchema(Schema):
    """A body."""

    name = fields.String(required=True)
    inner = fields.Nested(lambda: BodySchema(only=("name",)))


RAISED: dict[str, Exception] = {
    "invalid": InvalidRequest(errors={"name": ["Bad."]}),
    "unauthenticated": NotAuthenticated(),
    "forbidden": NotAllowed(),
    "missing": NotFound(),
    "taken": SlotTaken(practitioner_id=5),
    "limited": TooManyRequests(retry_after_seconds=17),
    "down": Unavailable(),
    "unheard": Unheard(),
    "unknown": RuntimeError("the password of anna@example.org is hunter2"),
}


def made_views() -> list[tuple[Blueprint, Access]]:
    """Make one blueprint for each kind of access."""
    open_views = Blueprint("open", __name__, url_prefix="/open")
    token_views = Blueprint("token", __name__, url_prefix="/token")
    inner_views = Blueprint("inner", __name__, url_prefix="/inner")
    deaf_views = Blueprint("deaf", __name__, url_prefix="/deaf")

    @open_views.get("/raise/<kind>")
    def raise_kind(kind):
        raise RAISED[kind]

    @open_views.get("/abort/<int:status>")
    def abort_with(status):
        abort(status)

    @open_views.get("/things/" + path_identifier("thing_id"))
    def show_thing(thing_id):
        return json_answer({"id": thing_id})

    @open_views.delete("/things/" + path_identifier("thing_id"))
    def delete_thing(thing_id):
        return json_answer({"id": thing_id})

    @open_views.post("/body")
    @open_views.arguments(BodySchema)
    @open_views.response(200, BodySchema)
    def take_body(body):
        return body

    @open_views.get("/list")
    @open_views.arguments(WantedSchema, location="query")
    def list_some(wanted):
        return json_answer(wanted)

    @token_views.get("/me")
    @with_identity
    def read_me(identity):
        return json_answer({"id": identity.account_id})

    @token_views.get("/staff")
    @requires_role("admin")
    def read_staff(identity):
        return json_answer({"id": identity.account_id})

    @inner_views.get("/x")
    def read_inner():
        return json_answer({})

    @deaf_views.get("/x")
    def read_deaf():
        return json_answer({})

    return [
        (open_views, Access.ANYBODY),
        (token_views, Access.TOKEN),
        (inner_views, Access.INTERNAL),
        (deaf_views, Access.ANONYMOUS),
    ]


@pytest.fixture(scope="module")
def maker():
    return TokenMaker()


@pytest.fixture
def app(bare_database, maker, tmp_path) -> Flask:
    environment = service_environment("auth", bare_database.url, tmp_path, maker)
    values: dict[str, Any] = service_values(SettingsReader(environment), "auth")
    settings = ServiceSettings(**values)
    app = new_app(
        "auth_service", settings, title="Test", description="Test", database=bare_database
    )
    for blueprint, access in made_views():
        api_of(app).register(blueprint, access)
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def test_a_query_parameter_nobody_knows_is_named(client, maker):
    assert client.get("/open/list?from=x").json == {"since": "x"}
    refused = client.get("/open/list?from=x&form=y&since=z&form=w")
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")
    assert refused.json["errors"] == {
        "form": ["Unknown parameter."],
        "since": ["Unknown parameter."],
    }
    none_read = client.get("/token/me?fields=id", headers=maker.headers(7))
    assert (none_read.status_code, none_read.json["errors"]) == (
        422,
        {"fields": ["Unknown parameter."]},
    )
    assert client.get("/token/me?fields=id").status_code == 401, "who asks comes first"
    assert client.get("/openapi.json?x=1").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("invalid", 422, "invalid_request"),
        ("unauthenticated", 401, "not_authenticated"),
        ("forbidden", 403, "not_allowed"),
        ("missing", 404, "not_found"),
        ("taken", 409, "slot_taken"),
        ("limited", 429, "too_many_requests"),
        ("down", 503, "unavailable"),
        ("unheard", 500, "unheard"),
        ("unknown", 500, "internal_error"),
    ],
)
def test_a_refusal_is_a_problem_document(client, kind, status, code):
    answer = client.get(f"/open/raise/{kind}", headers={"X-Request-ID": "my-id-of-sixteen"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-ID"] == "my-id-of-sixteen"
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.json["type"] == f"/problems/{answer.json['code']}"
    assert answer.json["request_id"] == "my-id-of-sixteen"
    assert answer.json["title"]
    assert answer.json["detail"]


def test_details_and_headers_of_refusals(client):
    assert client.get("/open/raise/invalid").json["errors"] == {"name": ["Bad."]}
    assert client.get("/open/raise/taken").json["practitioner_id"] == 5
    assert client.get("/open/raise/limited").headers["Retry-After"] == "17"
    assert client.get("/open/raise/down").headers["Retry-After"] == "1"
    assert client.get("/open/raise/unauthenticated").headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_exception_says_nothing_in_answer_or_log(client, capsys):
    answer = client.get("/open/raise/unknown")
    text = answer.get_data(as_text=True) + capsys.readouterr().out
    for secret in ("hunter2", "anna", "Traceback"):
        assert secret not in text
    assert "RuntimeError" in text


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "not_found"), (405, "method_not_allowed"), (413, "body_too_large"), (418, "refused")],
)
def test_what_the_library_refuses_is_a_problem_document_too(client, status, code):
    answer = client.get(f"/open/abort/{status}")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_method_names_the_right_ones(client):
    answer = client.delete("/open/body")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"OPTIONS", "POST"}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_identifier_that_cannot_be_is_not_found_by_any_method_of_its_path(client, method):
    assert client.open(f"/open/things/{2**53}", method=method).json == {"id": 2**53}
    for wrong in (2**53 + 1, "9" * 40, "9" * 5000, "x", "-1"):
        answer = client.open(f"/open/things/{wrong}", method=method)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert client.put(f"/open/things/{2**53}").status_code == 405


def test_bad_fields_are_named_with_their_path(client):
    answer = client.post("/open/body", json={"inner": {"name": 5}, "other": 1})
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"name", "inner.name", "other"}


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400, "unreadable_body"),
        ({"data": b"[" * 60_000, "content_type": "application/json"}, 400, "unreadable_body"),
        ({"data": b"[" * 70_000, "content_type": "application/json"}, 413, "body_too_large"),
        ({"data": b'{"name": NaN}', "content_type": "application/json"}, 400, "unreadable_body"),
        ({"data": b"name=x", "content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"data": {"name": "x"}}, 415, "unsupported_media_type"),
        ({"data": b"[]", "content_type": "application/json"}, 422, "invalid_request"),
        ({"data": b"null", "content_type": "application/json"}, 422, "invalid_request"),
        ({"data": b""}, 422, "invalid_request"),
    ],
)
def test_an_unreadable_body_is_refused_before_its_fields(client, how, status, code):
    answer = client.post("/open/body", **how)
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.x+json", None])
def test_json_is_read_under_its_types_and_without_one(client, content_type):
    answer = client.post("/open/body", data=b'{"name": "x"}', content_type=content_type)
    assert (answer.status_code, answer.json) == (200, {"name": "x"})


def test_who_may_call(client, maker):
    good = maker.headers(5)
    forged = {"Authorization": "Bearer " + maker.token(5)[:-3]}
    assert client.get("/token/me").json["code"] == "not_authenticated"
    assert client.get("/token/me", headers=good).json == {"id": 5}
    assert client.get("/token/me", headers=forged).json["code"] == "invalid_token"
    assert client.get("/token/staff", headers=good).json["code"] == "not_allowed"
    assert client.get("/token/staff", headers=maker.headers(5, "admin")).status_code == 200
    assert client.get("/inner/x").json["code"] == "not_authenticated"
    assert client.get("/inner/x", headers=good).status_code == 401
    assert client.get("/inner/x", headers=internal_headers()).status_code == 200
    assert client.get("/deaf/x", headers=forged).status_code == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Basic YTpi", "not_authenticated"),
        ("Bearer", "not_authenticated"),
        ("Bearer ", "not_authenticated"),
        ("token", "not_authenticated"),
        ("Bearer a b", "invalid_token"),
        ("Bearer {token}, Bearer {token}", "invalid_token"),
        ("Token {token}", "not_authenticated"),
        ("Bearer é", "invalid_token"),
    ],
)
def test_only_one_bearer_token_is_a_token(client, maker, header, code):
    value = header.replace("{token}", maker.token(5))
    answer = client.get("/token/me", headers={"Authorization": value})
    assert (answer.status_code, answer.json["code"]) == (401, code)


def test_an_expired_token_is_told_apart(client, maker):
    answer = client.get("/token/me", headers=maker.headers(5, expires_in_seconds=-1))
    assert (answer.status_code, answer.json["code"]) == (401, "token_expired")


def test_the_openapi_document_says_who_may_call(client):
    paths = client.get("/openapi.json").json["paths"]
    found = {path: paths[path]["get"]["security"] for path in ("/token/me", "/inner/x", "/deaf/x")}
    assert found == {
        "/token/me": [{"token": []}],
        "/inner/x": [{"internal": []}],
        "/deaf/x": [{}],
    }


def test_a_request_id_that_is_none_is_replaced(client):
    answer = client.get("/healthz", headers={"X-Request-ID": "a b\tc" + "x" * 100})
    assert len(answer.headers["X-Request-ID"]) == 32
