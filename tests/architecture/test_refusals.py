"""Whatever a service can refuse with is declared by an operation, or named here as no client's
business; and what runs once under an Idempotency-Key says so.
"""

import ast
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.environment import SERVICES
from gateway.errors import WORDINGS
from gateway.problems import LEGACY_ONLY, catalogue
from shared.errors import ServiceError
from shared.http.refusals import problem_of

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "shared/contracts/openapi"
NO_CLIENTS_BUSINESS = {
    "MailNotFound": "an operator's command refuses with it",
    "MailCannotBeResent": "an operator's command refuses with it",
}
ONCE = {"writing_once", "written_once"}
WRITES = {"post", "put", "patch", "delete"}


def _modules(service: str) -> Iterator[str]:
    for path in sorted((ROOT / service).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "tests" not in parts and "migrations" not in parts and parts[-1] != "__main__":
            yield ".".join(parts).removesuffix(".__init__")


def _below(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _declared(service: str) -> set[str]:
    told = json.loads((DOCUMENTS / f"{service}.json").read_text(encoding="utf-8"))
    return set(told["x-problems"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_of_a_service_is_declared_by_an_operation(service: str) -> None:
    for module in _modules(service):
        importlib.import_module(module)
    own = {each for each in _below(ServiceError) if each.__module__.split(".")[0] == service}
    assert own
    undeclared = {each.__name__ for each in own if each.code not in _declared(service)}
    assert undeclared == {each.__name__ for each in own} & NO_CLIENTS_BUSINESS.keys()


def test_one_code_means_one_status_and_one_sentence_everywhere() -> None:
    for service in SERVICES:
        for module in _modules(service):
            importlib.import_module(module)
    said: dict[str, set[tuple[int, str]]] = {}
    for each in _below(ServiceError):
        if ".tests" not in each.__module__ and each.code in catalogue():
            kind = problem_of(each)
            said.setdefault(kind.code, set()).add((kind.status, kind.sentence))
    assert {code: each for code, each in said.items() if len(each) > 1} == {}


def test_the_gateways_own_codes_have_the_status_services_answer_them_with() -> None:
    for fault, wording in WORDINGS.items():
        if fault not in LEGACY_ONLY:
            assert catalogue()[fault.value].kind.status == wording.status, fault


def test_what_runs_once_under_a_key_says_so() -> None:
    doing, saying = set(), set()
    for path in sorted(ROOT.glob("*_service/api/*.py")):
        functions = {
            node.name: node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        for name, function in functions.items():
            if not _is_view(function):
                continue
            if ONCE & _reached_from(function, functions):
                doing.add(f"{path.relative_to(ROOT)}:{name}")
            decorators = {ast.unparse(each) for each in function.decorator_list}
            if "honours_idempotency_key" in decorators:
                saying.add(f"{path.relative_to(ROOT)}:{name}")
    assert doing == saying
    assert len(doing) > 10


def _is_view(function: ast.FunctionDef) -> bool:
    calls = (each.func for each in function.decorator_list if isinstance(each, ast.Call))
    return any(isinstance(each, ast.Attribute) and each.attr in WRITES for each in calls)


def _reached_from(begin: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """Give the names a function uses, directly or through others of its module."""
    found: set[str] = set()
    waiting = [begin]
    while waiting:
        for node in (part for each in waiting.pop().body for part in ast.walk(each)):
            if isinstance(node, ast.Name) and node.id not in found:
                found.add(node.id)
                if node.id in functions:
                    waiting.append(functions[node.id])
    return found
