"""Holding every answer of a service's tests to its OpenAPI description: what the document says is
always there is there, of the type it says; every refusal is one its operation declares, with no
other members than declared; every header of ours is described.
"""

import json
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

from shared.http.openapi import described_path
from shared.problems import PROBLEM, type_of

ACCIDENTS = frozenset({"internal_error"})
"""What no operation declares, and any may answer with."""
_OUR_HEADERS = (
    "ETag", "Idempotency-Replayed", "Link", "Retry-After", "WWW-Authenticate", "X-Request-ID",
)  # fmt: skip
_DESCRIBED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SNAPSHOTS = Path(__file__).parents[1] / "contracts" / "openapi"


def hold_to_description(app: Flask, service: str) -> list[str]:
    """Compare every answer with the service's snapshot; give the list that is filled with what does
    not fit, to be looked at when the test is over.
    """
    return hold_to_document(app, _document(service))


def hold_to_document(app: Flask, document: dict[str, Any]) -> list[str]:
    """Compare every answer with a document; see `hold_to_description`."""
    misfits: list[str] = []

    def compare(answer: Response) -> Response:
        if request.url_rule is not None and request.method in _DESCRIBED:
            path = described_path(request.url_rule.rule)
            method = "get" if request.method == "HEAD" else request.method.lower()
            found = _misfits(_Described(document, path, method, answer.status_code), answer)
            misfits.extend(f"{method} {path} {answer.status_code} {each}" for each in found)
        return answer

    app.after_request(compare)
    return misfits


def _misfits(described: "_Described", answer: Response) -> Iterator[str]:
    response = described.response
    if response is None:
        return
    told = response.get("headers", {})
    for name in _OUR_HEADERS:
        if name in answer.headers and name not in told:
            yield f"the header {name} is not described"
    if not answer.is_json or not answer.get_data():
        return
    body = answer.get_json()
    for content in response.get("content", {}).values():
        validator = Draft202012Validator(
            {**content.get("schema", {}), "components": described.components}
        )
        for misfit in validator.iter_errors(body):
            place = "/".join(str(each) for each in misfit.absolute_path)
            yield f"{place}: {misfit.message[:200]}"
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            yield from _undeclared(described, content.get("schema", {}), body)


def _undeclared(described: "_Described", schema: dict[str, Any], body: Any) -> Iterator[str]:
    code = body["code"]
    if body["type"] != type_of(code):
        yield f"the type {body['type']} is not that of {code}"
    if not described.is_foreseen and code not in ACCIDENTS:
        yield f"{code} is refused with, and not declared by the operation"
    members = set(described.components["schemas"][PROBLEM]["properties"])
    for part in schema.get("allOf", []):
        members |= set(part.get("properties", {}))
    for name in sorted(body.keys() - members):
        yield f"{code} has the member {name}, which its class does not declare"


class _Described:
    """What a document says of one answer."""

    def __init__(self, document: dict[str, Any], path: str, method: str, status: int) -> None:
        self.components: dict[str, Any] = document["components"]
        responses = document["paths"].get(path, {}).get(method, {}).get("responses", {})
        self.is_foreseen = str(status) in responses
        response = responses.get(str(status)) or responses.get("default")
        name = (response or {}).get("$ref", "").rpartition("/")[2]
        self.response: dict[str, Any] | None = (
            self.components["responses"][name] if name else response
        )


@cache
def _document(service: str) -> dict[str, Any]:
    text = (_SNAPSHOTS / f"{service}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
