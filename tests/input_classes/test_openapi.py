"""Every operation of the five services against its own OpenAPI: Schemathesis generates what fits
the schema and what does not; no answer is a 5xx, undeclared, of another media type or of another
shape, and no wrong body or path is accepted.

Derandomized: the same examples on every run. Part of the examples is steered: ids, addresses and
hours the service knows stand where the schema would allow any. The operations take turns between
the two databases.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.database import Database
from shared.migrations import migrate
from shared.testing.plugin import POSTGRESQL_URL, create_postgresql_database
from shared.testing.tokens import TokenMaker
from tests.input_classes.services import INTERNAL, SERVICES, People, Service, Surroundings

SNAPSHOTS = Path(__file__).parents[2] / "shared" / "contracts" / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def drop_postgresql_database(url: str) -> None:
    """Drop a database that `create_postgresql_database` made."""
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def operations() -> list[tuple[str, str, str, str]]:
    """Give service, method and path of every operation of the snapshots, and a kind of database."""
    found = [
        (name, method, path)
        for name in SERVICES
        for path, item in _snapshot(name)["paths"].items()
        for method in item
        if method in METHODS
    ]
    return [(*each, kind) for each, kind in zip(found, cycle(("sqlite", "postgresql")))]


def _snapshot(name: str) -> dict[str, Any]:
    text = (SNAPSHOTS / f"{name}_service.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


class Explored:
    """A service with its schema as Schemathesis reads it."""

    def __init__(self, service: Service, database: Database) -> None:
        self.service = service
        self.database = database
        self.document = service.app.test_client().get("/openapi.json").get_json()
        # who calls is chosen here; a wrong header would stand in for the wrong data that is wanted
        config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
        self.schema = schemathesis.openapi.from_wsgi("/openapi.json", service.app, config=config)

    def callers(self, method: str, path: str, people: People) -> Mapping[str, Mapping[str, str]]:
        """Give the headers of everybody who is to call an operation."""
        security = self.document["paths"][path][method].get("security", [{}])
        callers: dict[str, Mapping[str, str]] = {}
        for each in security:
            if "token" in each:
                callers |= people.actors
            elif "internal" in each:
                callers["another service"] = INTERNAL
                callers["another service for a client"] = {**INTERNAL, **people.actors["client"]}
            else:
                callers["nobody"] = {}
        return callers


@pytest.fixture(scope="module")
def explored(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[tuple[str, str], Explored]]:
    """The services explored so far, by name and kind of database."""
    made: dict[tuple[str, str], Explored] = {}
    yield made
    for (_, kind), each in made.items():
        each.service.app.extensions["hearth"].database.dispose()
        each.database.dispose()
        if kind == "postgresql":
            drop_postgresql_database(each.database.url)


def _explored(
    name: str, kind: str, made: dict[tuple[str, str], Explored], request: pytest.FixtureRequest,
    folder: Path, maker: TokenMaker,
) -> Explored:  # fmt: skip
    if (name, kind) not in made:
        url = f"sqlite:///{folder / name}.sqlite3"
        if kind == "postgresql":
            request.getfixturevalue("postgresql_server")
            url = create_postgresql_database(f"hearth_openapi_{name}")
        database = Database(url)
        migrate(f"{name}_service", database)
        around = Surroundings(database=database, folder=folder, maker=maker)
        made[name, kind] = Explored(SERVICES[name](around), database)
    return made[name, kind]


def is_undeclared(response: Any, document: Mapping[str, Any]) -> bool:
    """Tell whether an answer hides behind `default`, which is for what comes before an operation
    and for accidents.
    """
    is_of_another_path = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    return str(response.status_code) not in document["responses"] and not is_of_another_path


def steered(case: Any, path: str, people: People) -> None:
    """Put what the service knows where it has a name, or a whole body where it has one."""
    if path in people.whole:
        case.body = dict(people.whole[path]())
        return
    for place in (case.path_parameters, case.query, case.body):
        for name in list(place) if isinstance(place, Mapping) else ():
            with contextlib.suppress(KeyError):
                place[name] = people.value(path, name)


def has_wrong_data(case: Any) -> bool:
    """Tell whether the body or the path does not fit the schema; names a query has beside the
    described ones are ignored.
    """
    parts = case.meta.components if case.meta is not None else {}
    return any(
        parts[place].mode is GenerationMode.NEGATIVE
        for place in (ParameterLocation.BODY, ParameterLocation.PATH)
        if place in parts
    )


def explore(
    found: Explored, method: str, path: str, people: People, mode: GenerationMode, examples: int
) -> int:
    """Send examples of an operation as everybody it is for; give how many of them succeeded."""
    operation = found.schema[path][method.upper()]
    declared = found.document["paths"][path][method]
    callers = found.callers(method, path, people)
    tried = succeeded = 0

    @settings(
        max_examples=examples, derandomize=True, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal tried, succeeded
        tried += 1
        is_steered = tried % 2 == 1
        must_be_refused = not is_steered and has_wrong_data(case)
        # a key or a tag made up would be one used before, or one of another state
        headers = {} if is_steered else dict(case.headers or {})
        for each in callers.values():
            if is_steered:
                steered(case, path, people)
            case.headers = {**headers, **each}
            response = case.call()
            if must_be_refused:
                assert response.status_code >= 400, case.as_curl_command()
            case.validate_response(response, checks=CHECKS)
            assert not is_undeclared(response, declared), response.status_code
            succeeded += response.status_code < 400

    with nothing_to_negate() if mode is GenerationMode.NEGATIVE else contextlib.nullcontext():
        run()
    return succeeded


def nothing_to_negate() -> contextlib.AbstractContextManager[None]:
    """Pass over an operation that takes nothing, so that nothing can be wrong with it."""
    return contextlib.suppress(Unsatisfiable)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@pytest.mark.parametrize(
    ("name", "method", "path", "kind"), operations(), ids=[" ".join(each) for each in operations()]
)
def test_an_operation_answers_as_it_is_described(
    name, method, path, kind, explored, request, tmp_path_factory, token_maker
):
    folder = tmp_path_factory.mktemp("openapi")
    found = _explored(name, kind, explored, request, folder, token_maker)
    people = found.service.make_people()
    succeeded = [explore(found, method, path, people, mode, EXAMPLES) for mode in MODES]
    assert sum(succeeded) > 0, "nothing it was sent was accepted"
