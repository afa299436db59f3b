"""Examples in the description of an API: what the service answered to its example exchanges.

Kept below `shared/contracts/examples/<service>/`, a file for each scenario of
`shared/contracts/http`. The tests that play a scenario write them (`make examples`) and hold them
to what is answered today, so that no example outlives its answer.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from shared.http.openapi import operations

Document = dict[str, Any]

FOLDER: Final = Path(__file__).parents[1] / "contracts" / "examples"


def with_examples(document: Document, service: str) -> Document:
    """Put the kept requests and answers into a document, in place, and give it: of each operation
    one for each scenario that did it, and one for each code it refused with.
    """
    by_name = {operation["operationId"]: operation for _, _, operation in operations(document)}
    for scenario, kept in _kept(service):
        operation = by_name.get(kept["operation"])
        if operation is None:
            continue
        is_refused = kept["status"] >= 400
        if not is_refused:
            _add(operation.get("requestBody"), scenario, kept.get("request"))
        answer = kept.get("answer")
        name = answer.get("code", scenario) if is_refused and answer else scenario
        _add(operation["responses"].get(str(kept["status"])), name, answer)
    return document


def _kept(service: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted((FOLDER / service).glob("*.json")):
        for exchange in json.loads(path.read_text(encoding="utf-8")):
            yield path.stem, exchange


def _add(place: Document | None, name: str, value: object) -> None:
    """Add an example where JSON is described; what stands elsewhere (`$ref`) is everybody's."""
    if place is None or value is None:
        return
    for media_type, content in place.get("content", {}).items():
        if media_type.endswith("json"):
            content.setdefault("examples", {}).setdefault(name, {"value": value})
