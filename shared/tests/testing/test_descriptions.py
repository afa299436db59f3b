"""The hook that holds answers to their description sees every refusal nobody declared."""

from typing import Any, ClassVar

import pytest
from flask import Flask
from marshmallow import Schema, fields

from shared.errors import Conflict, NotAllowed, NotFound, TooManyRequests
from shared.http.app import api_of, new_app
from shared.http.blueprint import Access, Blueprint, json_answer, requires_role
from shared.http.conditional import honours_if_match, shows_tag, tagged
from shared.http.declared import refuses
from shared.http.idempotency import honours_idempotency_key
from shared.problems import Members
from shared.settings import ServiceSettings, SettingsReader, service_values
from shared.testing.descriptions import hold_to_document
from shared.testing.tokens import TokenMaker, service_environment

SHARED = "#/components/responses/"


class CupTaken(Conflict):
    """Somebody drinks from it."""

    message = "This cup is taken."
    remedy = "Take another."
    members: ClassVar[Members] = {"cup_id": {"type": "integer", "description": "which"}}


class CupBroken(Conflict):
    """It fell."""

    message = "This cup is broken."


class CupSchema(Schema):
    """A cup."""

    name = fields.String(required=True, metadata={"description": "what it is called"})


RAISED: dict[str, Exception] = {
    "taken": CupTaken(cup_id=7),
    "wrong": CupTaken(cup_id="seven"),
    "more": CupTaken(cup_id=7, drinker="anna"),
    "broken": CupBroken(),
    "forbidden": NotAllowed(),
    "missing": NotFound(),
    "often": TooManyRequests(),
    "accident": RuntimeError("fell"),
}


def made_cups() -> Blueprint:
    cups = Blueprint("cups", __name__, url_prefix="/api/v1/cups", description="Cups.")

    @cups.post("/<string:kind>")
    @cups.arguments(CupSchema)
    @cups.response(200, CupSchema)
    @honours_idempotency_key
    @refuses(CupTaken)
    def fill_cup(cup, kind):
        if kind == "full":
            return cup
        raise RAISED[kind]

    @cups.get("/tagged")
    @cups.response(200, CupSchema)
    @shows_tag
    def read_tagged():
        return tagged(json_answer({"name": "a"}), {"name": "a"})

    @cups.get("/untold")
    @cups.response(200, CupSchema)
    def read_untold():
        return tagged(json_answer({"name": "a"}), {"name": "a"})

    @cups.put("")
    @cups.arguments(CupSchema)
    @cups.response(200, CupSchema)
    @honours_if_match(is_required=True)
    def put_cup(cup):
        return cup

    @cups.delete("")
    @requires_role("admin")
    @cups.response(204)
    def delete_cups(identity):
        return None

    return cups


@pytest.fixture
def maker() -> TokenMaker:
    return TokenMaker()


@pytest.fixture
def app(bare_database, maker, tmp_path) -> Flask:
    environment = service_environment("auth", bare_database.url, tmp_path, maker)
    values: dict[str, Any] = service_values(SettingsReader(environment), "auth")
    made = new_app(
        "auth_service",
        ServiceSettings(**values),
        title="Test",
        description="Test",
        database=bare_database,
    )
    api_of(made).register(made_cups(), Access.TOKEN)
    return made


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return api_of(app).document()


@pytest.fixture
def asked(app: Flask, document: dict[str, Any], maker: TokenMaker):
    """Give a function that asks, and tells what did not fit."""
    misfits = hold_to_document(app, document)

    def ask(method: str, path: str, *, is_known: bool = True, **more: Any) -> tuple[int, list[str]]:
        misfits.clear()
        headers = maker.headers(5) if is_known else {}
        answer = app.test_client().open(path, method=method, headers=headers, **more)
        return answer.status_code, list(misfits)

    return ask


CUP = {"json": {"name": "a"}}


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("full", CUP, 200),
        ("taken", CUP, 409),
        ("taken", {"json": {}}, 422),
        ("taken?x=1", CUP, 422),
        ("taken", {"data": "{", "content_type": "application/json"}, 400),
        ("taken", {"data": "a", "content_type": "text/plain"}, 415),
        ("taken", {"data": b" " * 70_000, "content_type": "application/json"}, 413),
        ("taken", {"is_known": False, **CUP}, 401),
        ("missing", CUP, 404),
        ("often", CUP, 429),
        ("accident", CUP, 500),
    ],
)
def test_what_is_declared_or_follows_fits(asked, path, more, status):
    assert asked("POST", f"/api/v1/cups/{path}", **more) == (status, [])


@pytest.mark.parametrize(
    ("kind", "status", "misfit"),
    [
        ("broken", 409, "'cup_broken' is not one of"),
        ("forbidden", 403, "'not_allowed' is not one of"),
        ("wrong", 409, "'seven' is not of type 'integer'"),
        ("more", 409, "cup_taken has the member drinker"),
    ],
)
def test_what_nobody_declared_is_seen(asked, kind, status, misfit):
    found, misfits = asked("POST", f"/api/v1/cups/{kind}", **CUP)
    assert found == status
    assert any(misfit in each for each in misfits), misfits


def test_a_status_nobody_declared_is_seen(asked, document):
    del document["paths"]["/api/v1/cups/{kind}"]["post"]["responses"]["409"]
    _, misfits = asked("POST", "/api/v1/cups/taken", **CUP)
    assert any("cup_taken is refused with, and not declared" in each for each in misfits)


def test_a_tag_nobody_described_is_seen(asked):
    assert asked("GET", "/api/v1/cups/tagged") == (200, [])
    _, misfits = asked("GET", "/api/v1/cups/untold")
    assert misfits == ["get /api/v1/cups/untold 200 the header ETag is not described"]


def test_the_document_names_codes_by_status(document):
    answers = document["paths"]["/api/v1/cups/{kind}"]["post"]["responses"]
    assert list(answers) == [
        "200",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "415",
        "422",
        "429",
        "503",
        "default",
    ]
    told = answers["409"]
    assert told["description"].split("\n\n") == [
        "`cup_taken`: This cup is taken.",
        "`idempotency_key_reused`: This Idempotency-Key was used before with another body.",
    ]
    _, own = told["content"]["application/problem+json"]["schema"]["allOf"]
    assert own["properties"]["code"]["enum"] == ["cup_taken", "idempotency_key_reused"]
    assert own["properties"]["cup_id"] == {"type": "integer", "description": "cup_taken: which"}
    assert answers["401"] == {"$ref": f"{SHARED}NotLoggedIn"}
    assert answers["403"] == {"$ref": f"{SHARED}DutyFirst"}
    assert document["paths"]["/api/v1/cups"]["delete"]["responses"]["403"] == {
        "$ref": f"{SHARED}NotForYou"
    }


def test_the_document_tells_of_every_kind(document):
    assert document["x-problems"]["cup_taken"] == {
        "code": "cup_taken",
        "status": 409,
        "sentence": "This cup is taken.",
        "meaning": "Somebody drinks from it.",
        "remedy": "Take another.",
        "members": {"cup_id": {"type": "integer", "description": "which"}},
    }
    assert "cup_broken" not in document["x-problems"]


def test_the_headers_an_operation_reads_and_answers_with_are_described(document):
    post = document["paths"]["/api/v1/cups/{kind}"]["post"]
    assert {"$ref": "#/components/parameters/Idempotency-Key"} in post["parameters"]
    assert "Idempotency-Replayed" in post["responses"]["200"]["headers"]
    put = document["paths"]["/api/v1/cups"]["put"]
    assert put["parameters"] == [{"$ref": "#/components/parameters/If-Match"}]
    assert {"412", "428"} <= put["responses"].keys()
    assert "ETag" in put["responses"]["200"]["headers"]
    limited = document["components"]["responses"]["TooManyRequests"]
    assert "Retry-After" in limited["headers"]
