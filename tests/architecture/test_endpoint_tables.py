"""The table of endpoints in a service's README names exactly the operations the service has.

Each stands there whole, as `METHOD /path`; methods of one path may share it (`GET, PUT /path`).
What the description says is what the code does: `make openapi`, held to it by its own test.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.environment import SERVICES
from shared.http.openapi import operations

ROOT = Path(__file__).parents[2]
_METHOD = "(?:GET|POST|PUT|PATCH|DELETE)"
_OPERATION = re.compile(rf"({_METHOD}(?:[`, ]+{_METHOD})*)[` ]+(/[^\s`?|]*)")
_PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}")


def operations_in_table(readme: str) -> list[str]:
    """Give the operations in the first column of the tables below "Endpoints"."""
    section = readme.partition("\n## Endpoints\n")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return [
        _without_names(f"{method} {path}")
        for cell in first_cells
        for methods, path in _OPERATION.findall(cell)
        for method in re.findall(_METHOD, methods)
    ]


def operations_of(service: str) -> Iterator[str]:
    """Give the operations of the service's description."""
    text = (ROOT / "shared/contracts/openapi" / f"{service}.json").read_text(encoding="utf-8")
    for path, method, _ in operations(json.loads(text)):
        yield _without_names(f"{method.upper()} {path}")


def _without_names(operation: str) -> str:
    return _PARAMETER.sub("<>", operation)


@pytest.mark.parametrize("service", SERVICES)
def test_the_readme_names_every_operation_once_and_no_other(service: str) -> None:
    told = operations_in_table((ROOT / service / "README.md").read_text(encoding="utf-8"))
    assert sorted(told) == sorted(operations_of(service))


def test_a_table_is_read_as_it_is_meant() -> None:
    readme = (
        "# Shoes\n\n| GET `/none` |\n\n## Endpoints\n\n| what | who |\n|---|---|\n"
        "| GET, DELETE `/shoes/<id>` | who may GET `/this` |\n"
        "| `GET`, `POST /shoes` `?size` · `PUT /shoes/<id>/laces` | all |\n"
        "| GET `/shoes/pages?page=` |\n\n## Events\n\n| GET `/none` |\n"
    )
    assert operations_in_table(readme) == [
        "GET /shoes/<>", "DELETE /shoes/<>", "GET /shoes", "POST /shoes",
        "PUT /shoes/<>/laces", "GET /shoes/pages",
    ]  # fmt: skip
