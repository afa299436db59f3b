"""What every service must hold against its own contracts: its migrations make exactly the tables
its models speak of, its builders announce exactly what the catalogue says of it, and its OpenAPI
describes every field.
"""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from shared.database import Database
from shared.events.catalogue import SHIPPED_DIRECTORY, InvalidEventData, shipped_catalogue
from shared.events.envelope import Event


def metadata_of(package: str) -> list[MetaData]:
    """Give the tables that a service's models speak of, the chassis' tables among them."""
    models = importlib.import_module(f"{package}.models")
    for module in pkgutil.iter_modules(models.__path__, f"{package}.models."):
        importlib.import_module(module.name)
    tables = importlib.import_module(f"{package}.models.tables")
    messaging = importlib.import_module(f"{package}.models.messaging")
    return [
        tables.Model.metadata,
        messaging.messaging_metadata,
        messaging.idempotency_metadata,
    ]


def schema_drift(database: Database, metadata: Sequence[MetaData]) -> list[Any]:
    """Tell what a migrated database lacks of the models' tables, constraints and indexes, or has
    beside them; types are compared on PostgreSQL, for SQLite keeps none.
    """
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": not database.is_sqlite}
        )
        return list(compare_metadata(context, list(metadata)))  # type: ignore[arg-type] # it takes several


def events_off_contract(package: str, built: Iterable[Event]) -> list[str]:
    """Tell which of a service's built events break their contract, and what the contract promises
    and none of them has: a type, or a member of its data.
    """
    built = list(built)
    found = [problem for event in built for problem in _problems_of(event, package)]
    for entry in shipped_catalogue().entries.values():
        if entry.producer == package:
            found += _promises_unkept(entry.type, package, built)
    return sorted(found)


def _promises_unkept(event_type: str, package: str, built: Iterable[Event]) -> list[str]:
    datas = [event.data for event in built if event.type == event_type]
    if not datas:
        return [f"{event_type}: nobody built it"]
    schema = json.loads((SHIPPED_DIRECTORY / package / f"{event_type}.schema.json").read_text())
    unset = set(schema["properties"]).difference(*datas)
    return [f"{event_type}: nobody sets {name}" for name in sorted(unset)]


def _problems_of(event: Event, package: str) -> list[str]:
    entry = shipped_catalogue().entry(event.type)
    if entry.producer != package:
        return [f"{event.type}: {entry.producer} announces it"]
    try:
        entry.check(subject=event.subject, data=event.data)
    except InvalidEventData as error:
        return [str(error)]
    return []


def undescribed_fields(document: Mapping[str, Any]) -> list[str]:
    """Tell which fields of bodies, answers, headers and queries an OpenAPI document leaves without
    a description, as `Schema.field` or `METHOD /path?name`.
    """
    schemas = document.get("components", {}).get("schemas", {})
    found = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, shape in schema.get("properties", {}).items()
        if not _is_described(shape)
    ]
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            parameters = operation.get("parameters", []) if isinstance(operation, dict) else []
            found += [
                f"{method.upper()} {path}?{each['name']}"
                for each in parameters
                if each.get("in") == "query" and not _is_described(each)
            ]
    return sorted(found)


def _is_described(shape: Mapping[str, Any]) -> bool:
    return bool(str(shape.get("description", "")).strip())


def gaps_for_clients(document: Mapping[str, Any]) -> list[str]:
    """Name what whoever generates a client from the document would miss: names of operations, types
    of fields, members an answer always has, patterns other languages read, a licence.
    """
    return [
        *_unnamed_operations(document),
        *_untyped_fields(document),
        *_answers_without_required(document),
        *_foreign_patterns(document),
        *([] if document["info"].get("license") else ["info has no licence"]),
    ]


def _unnamed_operations(document: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for path, method, operation in _operations_of(document):
        name = operation.get("operationId", "")
        if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name) or name in seen:
            yield f"{method} {path} has no name of its own: {name!r}"
        seen.add(name)
        if operation.get("tags") != [_noun_in(path)]:
            yield f"{method} {path} has other tags than its noun"


def _noun_in(path: str) -> str:
    if "/v1/" in path:
        return path.partition("/v1/")[2].partition("/")[0]
    return path.rpartition("/")[2]


def _untyped_fields(document: Mapping[str, Any]) -> Iterator[str]:
    told = {"type", "$ref", "allOf", "anyOf", "oneOf", "enum"}
    for name, schema in document["components"]["schemas"].items():
        for member, described in schema.get("properties", {}).items():
            if not told & described.keys():
                yield f"{name}.{member} has no type"


def _answers_without_required(document: Mapping[str, Any]) -> Iterator[str]:
    schemas = document["components"]["schemas"]
    for path, method, operation in _operations_of(document):
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                schema = schemas.get(name, {})
                if schema.get("properties") and not schema.get("required"):
                    yield f"{method} {path} {status}: {name} says of no member that it is there"


def _foreign_patterns(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        pattern = value.get("pattern")
        if isinstance(pattern, str) and re.search(r"\\[AZz]|\(\?[PaiLmsux#<(]|[*+?}]\+", pattern):
            yield f"pattern {pattern} is Python's alone"
        for each in value.values():
            yield from _foreign_patterns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _foreign_patterns(each)


def _operations_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method, operation
