"""Each problem's `type` is a page of the gateway about its kind."""

import json
import re

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from gateway.errors import WORDINGS
from gateway.openapi import merged
from gateway.own_operations import DESCRIPTION
from gateway.problems import LEGACY_ONLY, SNAPSHOTS, catalogue, catalogue_of
from gateway.tests.conftest import body_of
from shared.http.openapi import operations
from shared.problems import Problem, response_of

PAGE = {"Accept": "text/html"}


def test_a_refusal_of_the_gateway_links_to_its_page(client: FlaskClient) -> None:
    refused = body_of(client.get("/api/v1/nothing"))
    assert refused["type"] == "/problems/not_found"
    assert refused["title"] == "Not found"
    told = body_of(client.get(refused["type"]))
    assert (told["code"], told["title"], told["status"]) == ("not_found", "Not found", 404)


def test_a_page_tells_what_a_program_needs(client: FlaskClient) -> None:
    answer = client.get("/problems/hour_not_offered")
    assert answer.status_code == 200
    told = body_of(answer)
    assert told["type"] == "/problems/hour_not_offered"
    assert told["status"] == 409
    assert told["sentence"] == "This hour is not offered."
    assert "outside the schedule" in told["meaning"]
    assert told["what_to_do"] == "Read the free hours again, and choose one of them."
    assert told["members"]["reason"]["enum"][0] == "past"
    assert {
        "method": "POST",
        "path": "/api/v1/appointments",
        "operation_id": "create_appointment",
        "summary": "Book an hour; staff name the client and need not keep notice and window.",
    } in told["operations"]
    assert all(each["path"].startswith("/api/v1/") for each in told["operations"])
    assert "Accept" in ", ".join(answer.headers.getlist("Vary"))
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_a_page_tells_people_the_same(client: FlaskClient) -> None:
    answer = client.get("/problems/hour_not_offered", headers=PAGE)
    assert answer.headers["Content-Type"].startswith("text/html")
    page = answer.get_data(as_text=True)
    assert "<h1>Hour not offered</h1>" in page
    assert "<code>POST /api/v1/appointments</code>" in page
    assert "Read the free hours again" in page
    assert "<code>reason</code> says which." in page
    assert "`" not in page
    assert "http" not in answer.headers["Content-Security-Policy"]


def test_the_catalogue_names_every_kind_once(client: FlaskClient) -> None:
    items = body_of(client.get("/problems"))["items"]
    codes = [each["code"] for each in items]
    assert codes == sorted(set(codes))
    assert {fault.value for fault in WORDINGS if fault not in LEGACY_ONLY} <= set(codes)
    assert {"slot_taken", "password_rejected", "stage_locked", "not_an_image"} <= set(codes)
    assert all(each["type"] == f"/problems/{each['code']}" for each in items)
    page = client.get("/problems", headers=PAGE).get_data(as_text=True)
    assert re.findall(r'href="/problems/([a-z_]+)"', page) == codes


def test_every_page_of_the_catalogue_stands(client: FlaskClient) -> None:
    for code in catalogue():
        assert body_of(client.get(f"/problems/{code}"))["code"] == code


@pytest.mark.parametrize("code", ["slot_takeN", "nothing", "slot_taken/x", "%2e%2e"])
def test_an_unknown_kind_is_not_found(code: str, client: FlaskClient) -> None:
    answer = client.get(f"/problems/{code}")
    assert answer.status_code == 404
    assert body_of(answer)["code"] == "not_found"


@pytest.mark.parametrize("path", ["/problems/", "/problems/slot_taken/"])
def test_a_slash_at_the_end_does_not_count(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code == 200


def test_no_page_tells_of_what_only_services_say_to_each_other() -> None:
    assert "second_factor_elsewhere" not in catalogue()
    assert "mail_not_found" not in catalogue()


def test_what_any_request_may_meet_names_no_operation(client: FlaskClient) -> None:
    assert body_of(client.get("/problems/uri_too_long"))["operations"] == []
    page = client.get("/problems/uri_too_long", headers=PAGE).get_data(as_text=True)
    assert "Any request may be refused so" in page


def test_an_operation_stands_once_however_often_it_names_a_code() -> None:
    kind = Problem(code="odd", status=409, sentence="Odd.")
    answer = response_of([kind])
    document = {
        "x-problems": {"odd": kind.told()},
        "paths": {
            "/api/v1/odd": {
                "get": {"responses": {"409": answer, "410": answer}},
                "parameters": [],
            },
            "/internal/v1/odd": {"get": {"responses": {"409": answer}}},
        },
    }
    (operation,) = catalogue_of({"a": document})["odd"].operations
    assert (operation.method, operation.path) == ("GET", "/api/v1/odd")


def test_every_code_the_merged_description_names_has_its_page() -> None:
    documents = {
        path.stem.removesuffix("_service"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(SNAPSHOTS.glob("*_service.json"))
    }
    assert len(documents) == 5
    document = merged({**documents, "gateway": DESCRIPTION}, "http://gateway.test", [])
    validate(document)
    assert "x-problems" not in document
    responses = document["components"]["responses"]
    named = set()
    for _, _, operation in operations(document):
        assert "default" in operation["responses"]
        for answer in operation["responses"].values():
            told = responses[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
            for content in told.get("content", {}).values():
                for part in content["schema"].get("allOf", ()):
                    named |= set(part.get("properties", {}).get("code", {}).get("enum", ()))
    assert len(named) > 80
    assert named <= catalogue().keys()
    assert [name for name in document["components"]["schemas"] if "Problem" in name] == ["Problem"]
