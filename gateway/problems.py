"""Pages about the kinds of problems: `/problems` and `/problems/<code>`, which each problem
document names as its `type`.

What the services refuse with is read from the snapshots of their documents, which are written from
their code: the pages answer also while a service is down.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, abort, request

import shared
from gateway.errors import WORDINGS, Fault
from gateway.own_operations import DESCRIPTION
from gateway.pages import page, wants_page
from gateway.routes import CLEAN_PREFIX
from shared import strict_json
from shared.http.openapi import operations
from shared.problems import PAGES, Problem, title_of, type_of

Document = dict[str, Any]

SNAPSHOTS: Final = Path(shared.__file__).parent / "contracts" / "openapi"
LEGACY_ONLY: Final = frozenset({Fault.NOT_VERIFIED, Fault.NO_OBJECT, Fault.BAD_PATH_ID})
"""Faults of old URLs, which speak of them in other words than a problem document's."""
_CACHING: Final = "public, max-age=300"
_CIRCUMSTANCE: Final = re.compile(r"(: |, not )\{[a-z_]+\}")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation of the clean API that refuses."""

    method: str
    path: str
    name: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class KnownProblem:
    """A kind of problem and who refuses with it; no operations where any request may meet it."""

    kind: Problem
    operations: tuple[Operation, ...]

    @property
    def title(self) -> str:
        """Give the kind in words."""
        return title_of(self.kind.code)

    def summary(self) -> Document:
        """Give a line of the catalogue."""
        return {
            "type": type_of(self.kind.code),
            "code": self.kind.code,
            "title": self.title,
            "status": self.kind.status,
            "sentence": self.kind.sentence,
        }

    def told(self) -> Document:
        """Give everything as JSON."""
        return {
            **self.summary(),
            "meaning": self.kind.meaning,
            "what_to_do": self.kind.what_to_do,
            "members": dict(self.kind.members),
            "operations": [
                {
                    "method": each.method,
                    "path": each.path,
                    "operation_id": each.name,
                    "summary": each.summary,
                }
                for each in self.operations
            ],
        }


def catalogue_of(documents: Mapping[str, Document]) -> dict[str, KnownProblem]:
    """Give every kind of problem the clean API knows, by code: those that public operations of
    the documents answer with, and the gateway's own.
    """
    refusing: dict[str, list[Operation]] = {}
    kinds: dict[str, Problem] = {}
    for document in documents.values():
        told = document.get("x-problems", {})
        for operation, codes in _refusing(document):
            for code in dict.fromkeys(codes):
                refusing.setdefault(code, []).append(operation)
                if code in told:
                    kinds[code] = Problem(**told[code])
    for kind in _own_kinds():
        kinds.setdefault(kind.code, kind)
    return {
        code: KnownProblem(
            kind=kinds[code],
            operations=tuple(
                sorted(refusing.get(code, ()), key=lambda each: (each.path, each.method))
            ),
        )
        for code in sorted(kinds)
    }


def _refusing(document: Document) -> Iterator[tuple[Operation, list[str]]]:
    """Give each public operation with the codes its description names."""
    responses = document.get("components", {}).get("responses", {})
    for path, method, told in operations(document):
        if not path.startswith(CLEAN_PREFIX):
            continue
        operation = Operation(
            method=method.upper(),
            path=path,
            name=told.get("operationId", ""),
            summary=" ".join(told.get("summary", "").split()),
        )
        codes: list[str] = []
        for answer in told["responses"].values():
            name = answer.get("$ref", "").rpartition("/")[2]
            codes.extend(_codes_of(responses[name] if name else answer))
        yield operation, codes


def _codes_of(answer: Document) -> Iterator[str]:
    for content in answer.get("content", {}).values():
        for part in content.get("schema", {}).get("allOf", ()):
            yield from part.get("properties", {}).get("code", {}).get("enum", ())


def _own_kinds() -> Iterator[Problem]:
    for fault, wording in WORDINGS.items():
        if fault not in LEGACY_ONLY:
            sentence = _CIRCUMSTANCE.sub("", wording.title)
            yield Problem(code=fault.value, status=wording.status, sentence=sentence)


@cache
def catalogue() -> Mapping[str, KnownProblem]:
    """Give the catalogue; read once, when somebody asks."""
    documents = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(SNAPSHOTS.glob("*_service.json"))
    }
    return catalogue_of({**documents, "gateway": DESCRIPTION})


def register_problems(app: Flask) -> None:
    """Add `/problems` and `/problems/<code>`."""
    app.add_url_rule(PAGES, "problems", _problems)
    app.add_url_rule(f"{PAGES}/", "problems_with_slash", _problems)
    app.add_url_rule(f"{PAGES}/<code>", "problem", _problem)
    app.add_url_rule(f"{PAGES}/<code>/", "problem_with_slash", _problem)


def _problems() -> Response:
    known = list(catalogue().values())
    if wants_page(request):
        return _cacheable(page("problems.html", problems=known))
    return _cacheable(_json({"items": [each.summary() for each in known]}))


def _problem(code: str) -> Response:
    known = catalogue().get(code)
    if known is None:
        abort(404)
    if wants_page(request):
        return _cacheable(page("problem.html", problem=known, pages=PAGES))
    return _cacheable(_json(known.told()))


def _json(value: object) -> Response:
    return Response(strict_json.dumps(value), content_type="application/json")


def _cacheable(answer: Response) -> Response:
    answer.headers["Vary"] = "Accept"
    answer.headers["Cache-Control"] = _CACHING
    return answer
