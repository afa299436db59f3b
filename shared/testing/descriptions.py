"""Holding every answer of a service's tests to its OpenAPI description: what the document says is
always there is there, of the type it says.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

from shared.http.openapi import described_path

_SNAPSHOTS = Path(__file__).parents[1] / "contracts" / "openapi"


def hold_to_description(app: Flask, service: str) -> list[str]:
    """Compare every JSON answer with the service's snapshot; give the list that is filled with what
    does not fit, to be looked at when the test is over.
    """
    misfits: list[str] = []

    def compare(answer: Response) -> Response:
        if request.url_rule is not None and answer.is_json and answer.get_data():
            path = described_path(request.url_rule.rule)
            method = "get" if request.method == "HEAD" else request.method.lower()
            validator = _validator(service, path, method, str(answer.status_code))
            if validator is not None:
                for misfit in validator.iter_errors(answer.get_json()):
                    place = "/".join(str(each) for each in misfit.absolute_path)
                    misfits.append(
                        f"{method} {path} {answer.status_code} {place}: {misfit.message[:200]}"
                    )
        return answer

    app.after_request(compare)
    return misfits


@cache
def _validator(service: str, path: str, method: str, status: str) -> Draft202012Validator | None:
    document = _document(service)
    responses = document["paths"].get(path, {}).get(method, {}).get("responses", {})
    response = responses.get(status) or responses.get("default") or {}
    name = response.get("$ref", "").rpartition("/")[2]
    if name:
        response = document["components"]["responses"][name]
    for content in response.get("content", {}).values():
        return Draft202012Validator(
            {**content.get("schema", {}), "components": document["components"]}
        )
    return None


@cache
def _document(service: str) -> dict[str, Any]:
    text = (_SNAPSHOTS / f"{service}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
