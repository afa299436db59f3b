"""The example exchanges of `shared/contracts/http` are what the gateway asks and can read.

Each service replays the same files through its app, so that both sides are held to one text.
"""

import ast
import json
import re
import sys
from base64 import b64decode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.exchange import (
    BasicCredentials,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    UploadedFile,
)
from gateway.routes import LEGACY_ROWS
from gateway.translations import TRANSLATIONS
from shared.access_tokens import Identity
from shared.testing.clocks import StandingClock
from shared.testing.exchanges import (
    FOLDER,
    INTERNAL,
    RELEASED,
    Answer,
    Exchange,
    play,
    scenarios_of,
)
from shared.testing.masks import EVERY, MASKS

SERVICES = {
    row.number: f"{row.service.value}_service" for row in LEGACY_ROWS if row.service is not None
}
SURROUNDINGS = Surroundings(
    now=StandingClock().now(),
    service_time_zone=ZoneInfo("UTC"),
    public_url="https://hearth.example",
)
SAMPLES = {
    "<any words>": "some words",
    "<bool>": True,
    "<float>": 0.5,
    "<instant>": "2026-07-07T09:00:00.000000Z",
    "<int>": 7,
    "<jwt>": "a.b-c.d_e",
}
HOUR = {"psy_id": 501, "psy_time_slots": {"Tue 7 July": 9}}
AHEAD: Mapping[str, str] = {}
"""Rows by number that need a newer service than the released one, and which."""
REFUSALS = (400, 401, 403, 404, 409, 422)
CODE = re.compile(r"[a-z]+(_[a-z]+)+")


class Named(dict[str, Any]):
    """An answer's object that has nothing but what the example names; a problem's code is looked
    for in every answer.
    """

    def get(self, name: str, default: object = None) -> Any:
        assert name in self or name == "code", (
            f"the gateway reads {name}, which the example does not name"
        )
        return super().get(name, default)


def sampled(expected: Any, make: type[dict[str, Any]]) -> Any:
    """Give an answer that fits an example: a value for each mask."""
    if isinstance(expected, dict):
        return make({name: sampled(each, make) for name, each in expected.items()})
    if isinstance(expected, list):
        return [
            sampled(each[EVERY] if isinstance(each, dict) and EVERY in each else each, make)
            for each in expected
        ]
    return SAMPLES[expected] if isinstance(expected, str) and expected in MASKS else expected


def answered(exchange: Exchange) -> Answer:
    expected = exchange.response
    make: type[dict[str, Any]] = Named if expected.status < 400 else dict
    return Answer(
        status=expected.status,
        json=sampled(expected.json, make),
        media_type=expected.media_type,
    )


@cache
def examples(folder: Path = FOLDER) -> tuple[tuple[str, Exchange], ...]:
    """Give every exchange of every service, values put in."""
    found: list[tuple[str, Exchange]] = []
    for service in sorted(path.name for path in folder.iterdir()):
        for scenario in scenarios_of(service, folder):
            if not scenario.is_wanted:
                continue

            def note(exchange: Exchange, service: str = service) -> Answer:
                found.append((service, exchange))
                return answered(exchange)

            assert play(scenario, note, lambda given: given.gives) == []
    return tuple(found)


def wanted(folder: Path = FOLDER) -> list[Any]:
    """Give each pair of a row and an exchange it relies on."""
    return [
        pytest.param(
            row, exchange, id=f"{row}-{exchange.response.status}-{exchange.request.path}-{number}"
        )
        for number, (_, exchange) in enumerate(examples(folder))
        for row in exchange.wanted_by
    ]


def legacy_request(exchange: Exchange, sent: Mapping[str, Any]) -> LegacyRequest:
    """Make what the old client sends, as the gateway's core hands it on."""
    actor = exchange.request.actor
    basic = sent.get("basic_credentials")
    files = {
        name: UploadedFile(filename="a.png", media_type="image/png", content=b64decode(content))
        for name, content in sent.get("files", {}).items()
    }
    return LegacyRequest(
        method=sent.get("method", "POST"),
        path="/",
        path_parameters={name: str(each) for name, each in sent.get("path_parameters", {}).items()},
        query={name: str(each) for name, each in sent.get("query", {}).items()},
        fields=sent.get("fields", {}),
        files=files,
        token=None if actor is None else "a.b.c",
        identity=None if actor is None else identity_of(actor),
        basic_credentials=None if basic is None else BasicCredentials(**basic),
    )


def identity_of(actor: Mapping[str, Any]) -> Identity:
    return Identity(
        account_id=actor["id"],
        role=actor["role"],
        login_session_id="s-1",
        is_verified=True,
        expires_at=2_000_000_000,
        key_id="k-1",
    )


def asked(exchange: Exchange) -> ServiceRequest:
    """Give the example's request as a translation makes it."""
    request = exchange.request
    content = None if request.base64 is None else b64decode(request.base64)
    return ServiceRequest(
        method=request.method,
        path=request.path,
        query=request.query,
        json=request.json,
        content=content,
        media_type=None if content is None else "application/octet-stream",
        is_internal=request.path.startswith(INTERNAL),
    )


def read(row: str, answer: Answer, request: LegacyRequest) -> LegacyAnswer:
    response = ServiceResponse(status=answer.status, json=answer.json, media_type=answer.media_type)
    return TRANSLATIONS[row].to_legacy(response, request, SURROUNDINGS)


@pytest.mark.parametrize(("row", "exchange"), wanted())
def test_a_row_asks_what_the_example_says_and_can_read_its_answer(row: str, exchange: Exchange):
    sent = exchange.wanted_by[row]
    request = legacy_request(exchange, sent or {})
    if sent is not None:
        assert TRANSLATIONS[row].to_service(request, SURROUNDINGS) == asked(exchange)
    answer = read(row, answered(exchange), request)
    is_refusal = answer.status >= 400 or (
        isinstance(answer.json, dict) and answer.json.get("status") is False
    )
    assert is_refusal is (exchange.response.status >= 400), answer
    assert answer.status < 500, answer
    assert "internal server error" not in json.dumps(answer.json).lower()


@pytest.mark.parametrize(("row", "exchange"), wanted(RELEASED))
def test_a_row_works_with_the_services_that_are_released(row: str, exchange: Exchange):
    """Whoever deploys the gateway first meets them. A row that asks what they do not know yet
    stands in AHEAD, with the service that has to be deployed before the gateway.
    """
    sent = exchange.wanted_by[row]
    request = legacy_request(exchange, sent or {})
    if row in AHEAD:
        return
    if sent is not None:
        assert TRANSLATIONS[row].to_service(request, SURROUNDINGS) == asked(exchange)
    answer = read(row, answered(exchange), request)
    assert answer.status < 500, answer


def test_rows_ahead_of_the_released_services_are_named_to_operators():
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    for row, service in AHEAD.items():
        assert f"Update {service} before the gateway" in changes, row


def test_every_row_relies_on_an_example_of_its_own_service_that_succeeds():
    succeeding = {
        (row, service)
        for service, exchange in examples()
        for row, sent in exchange.wanted_by.items()
        if sent is not None and exchange.response.status < 300
    }
    assert succeeding == set(SERVICES.items())


def test_every_path_the_translations_write_out_stands_in_an_example():
    paths = [exchange.request.path for _, exchange in examples() if exchange.wanted_by]
    missing = [
        template
        for module in translation_modules()
        for template in paths_written_in(module)
        if not any(re.fullmatch(template, path) for path in paths)
    ]
    assert missing == []


def test_every_problem_code_a_row_translates_stands_in_an_example_of_its_service():
    shown = {
        (service, exchange.response.json["code"])
        for service, exchange in examples()
        if exchange.wanted_by and exchange.response.status >= 400
    }
    translated = {
        (service, code)
        for row, service in SERVICES.items()
        for code in codes_written_in(module_of(row))
        if is_translated(row, code)
    }
    assert translated - shown == set()
    assert len(translated) > len(SERVICES) / 2  # the probe itself sees codes


@pytest.mark.parametrize(("service", "exchange"), examples(), ids=lambda value: None)
def test_every_request_of_the_examples_stands_in_the_services_openapi(
    service: str, exchange: Exchange
):
    assert exchange.request.method.lower() in operations_at(service, exchange.request.path)


def module_of(row: str) -> str:
    return TRANSLATIONS[row].to_legacy.__module__


def translation_modules() -> set[str]:
    return {module_of(row) for row in SERVICES}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))


def paths_written_in(module: str) -> list[str]:
    """Give the paths of a module's calls, as patterns."""
    return [
        path_pattern(keyword.value)
        for call in ast.walk(tree_of(module))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "ServiceRequest"
        for keyword in call.keywords
        if keyword.arg == "path" and isinstance(keyword.value, ast.Constant | ast.JoinedStr)
    ]


def path_pattern(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^/]+" for part in parts
    )


def codes_written_in(module: str) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    }


def is_translated(row: str, code: str) -> bool:
    """Tell whether a row answers this code otherwise than one it never heard of."""
    requests = [LegacyRequest(method="POST", path="/", fields=fields) for fields in ({}, HOUR)]
    return any(
        read(row, Answer(status=status, json={"code": code}), request)
        != read(row, Answer(status=status, json={"code": "never_heard_of"}), request)
        for status in REFUSALS
        for request in requests
    )


@cache
def openapi_paths(service: str) -> Mapping[str, Mapping[str, Any]]:
    snapshot = FOLDER.parent / "openapi" / f"{service}.json"
    paths: Mapping[str, Mapping[str, Any]] = json.loads(snapshot.read_text("utf-8"))["paths"]
    return paths


def operations_at(service: str, path: str) -> set[str]:
    """Give the methods at the documented path a path means; one without parameters goes first."""
    for template, operations in sorted(openapi_paths(service).items(), key=parameters_of):
        pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]+\}", template))
        if re.fullmatch(pattern, path):
            return set(operations)
    return set()


def parameters_of(item: tuple[str, object]) -> int:
    return item[0].count("{")
