"""What honours If-Match says so in its OpenAPI document, and nothing else does."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFUSALS = {"412", "428"}
HONOURING = {
    "PUT /api/v1/practitioners/{practitioner_id}": {"412", "428"},
    "PUT /api/v1/practitioners/{practitioner_id}/schedule": {"412", "428"},
    "PUT /api/v1/matching-preferences/me": {"412"},
    "PATCH /api/v1/profiles/me": {"412"},
    "PATCH /api/v1/notification-settings/me": {"412"},
}


def _names_called(node: ast.AST) -> set[str]:
    calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


def _views() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(ROOT.glob("*_service/api/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def test_every_view_that_reads_if_match_describes_it():
    reading, described = set(), set()
    for name, view in _views():
        if any("precondition" in _names_called(each) for each in view.body):
            reading.add(name)
        if any("honours_if_match" in _names_called(each) for each in view.decorator_list):
            described.add(name)
    assert reading == described
    assert len(reading) == len(HONOURING)


def test_the_documents_name_412_and_428_where_they_are_answered():
    found = {}
    for snapshot in sorted((ROOT / "shared/contracts/openapi").glob("*_service.json")):
        for path, operations in json.loads(snapshot.read_text(encoding="utf-8"))["paths"].items():
            for method, operation in operations.items():
                named = isinstance(operation, dict) and REFUSALS & set(operation["responses"])
                if named:
                    found[f"{method.upper()} {path}"] = named
    assert found == HONOURING
