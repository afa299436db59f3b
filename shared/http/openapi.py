"""What flask-smorest's description lacks for whoever makes a client of it: the name of each
operation, types of our own fields, what is always there, and patterns every language reads.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from flask import Flask
from marshmallow import fields

Document = dict[str, Any]

METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
MAY_BE_MISSING: Final = "x-may-be-missing"
"""Metadata of an answer's field that is not always there; never told."""
_PARAMETER = re.compile(r"<(?:[^<>:]+:)?([a-z_]+)>")
_SENTENCE_END: Final = re.compile(r"(?<=[.])\s")
_REFERENCE: Final = "#/components/schemas/"
_INFO: Final = {
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    "description": (
        "\n\nAccess tokens are JWTs: `POST /api/v1/login-sessions` gives one, with a refresh token,"
        " and every request shows it as `Authorization: Bearer …`. It ends with its login session."
        " Refusals are problem documents (RFC 9457); what to do is decided by their `code`;"
        " `/problems` lists them."
        " Identifiers are integers up to 2^53, instants RFC 3339 in UTC."
    ),
}


def one_of(words: Iterable[str], description: str, *, may_be_null: bool = False) -> Document:
    """Give the metadata of an answer's field that is one of these words."""
    enum: list[str | None] = [*words, None] if may_be_null else list(words)
    return {"description": description, "enum": enum}


def described_field(_converter: object, field: fields.Field[Any], **_: object) -> Document:
    """Give the type of a field that says `described_as`, for apispec's converter."""
    told: Mapping[str, Any] | None = getattr(field, "described_as", None)
    if told is None:
        return {}
    types = told["type"] if isinstance(told["type"], list) else [told["type"]]
    if field.allow_none:
        types = [*types, "null"]
    return {**told, "type": types if len(types) > 1 else types[0]}


def completed(document: Document, app: Flask, nouns: Mapping[str, str]) -> Document:
    """Complete a document in place and give it; `nouns` has the description of each blueprint."""
    document["info"] = _info(document["info"])
    names = _names_of_views(app)
    blueprints: dict[str, str] = {}
    for path, method, operation in operations(document):
        operation["operationId"] = names[path, method]
        _tell_apart(operation)
        blueprints.setdefault(_noun_of(path), operation["tags"][0])
        operation["tags"] = [_noun_of(path)]
    document["tags"] = [_tag(noun, blueprint, nouns) for noun, blueprint in blueprints.items()]
    _require_what_is_always_there(document)
    _walk(document, _readable_pattern)
    return document


def _info(info: Document) -> Document:
    told = info.get("description", "")
    return {**info, **_INFO, "description": f"{told}{_INFO['description']}"}


def _tell_apart(operation: Document) -> None:
    """Make a docstring's first sentence the summary, which lists show, and the whole of it the
    description.
    """
    told = [operation.get("summary", ""), operation.get("description", "")]
    whole = "\n\n".join(" ".join(each.split()) for each in told if each)
    operation["summary"] = _SENTENCE_END.split(whole, maxsplit=1)[0]
    operation["description"] = whole


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Give every operation with its path and method."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def _names_of_views(app: Flask) -> dict[tuple[str, str], str]:
    """Give the name of the view behind each path and method."""
    return {
        (described_path(rule.rule), method.lower()): rule.endpoint.rpartition(".")[2]
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def described_path(rule: str) -> str:
    """Spell a rule of Flask as the description spells its path."""
    return _PARAMETER.sub(r"{\1}", rule)


def _noun_of(path: str) -> str:
    """Give the noun a path begins with: one tag each, spelled as in the URL."""
    _, _, rest = path.partition("/v1/")
    return rest.partition("/")[0] or path.strip("/").rpartition("/")[2]


def _tag(noun: str, blueprint: str, nouns: Mapping[str, str]) -> Document:
    """Describe a noun by the blueprint of its name, else by the one its first operation is of."""
    named = {name.replace("-", "_"): description for name, description in nouns.items()}
    return {"name": noun, "description": named.get(noun.replace("-", "_")) or nouns[blueprint]}


def _require_what_is_always_there(document: Document) -> None:
    """Require every member of an answer, but for those that say that they may be missing."""
    schemas: dict[str, Document] = document.get("components", {}).get("schemas", {})
    bodies = [o.get("requestBody", {}) for _, _, o in operations(document)]
    asked = _reached(bodies, schemas)
    for name in _reached(_answers(document), schemas):
        members = schemas[name].get("properties", {})
        optional = {key for key, member in members.items() if member.pop(MAY_BE_MISSING, False)}
        if name not in asked and members:
            schemas[name]["required"] = sorted(set(members) - optional)
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            member.pop(MAY_BE_MISSING, None)


def _answers(document: Document) -> list[object]:
    of_operations = [o.get("responses", {}) for _, _, o in operations(document)]
    return [of_operations, document.get("components", {}).get("responses", {})]


def _reached(begin: object, schemas: Mapping[str, Document]) -> set[str]:
    """Give the schemas that are referred to, directly or through one another."""
    found: set[str] = set()
    waiting = [begin]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_REFERENCE):
                name = reference[len(_REFERENCE) :]
                if name in schemas and name not in found:
                    found.add(name)
                    waiting.append(schemas[name])
            waiting.extend(each for key, each in value.items() if key != "$ref")
    return found


def _walk(value: object, change: Callable[[Document], None]) -> None:
    if isinstance(value, list):
        for each in value:
            _walk(each, change)
    elif isinstance(value, dict):
        change(value)
        for each in value.values():
            _walk(each, change)


def _readable_pattern(value: Document) -> None:
    r"""Spell a pattern as ECMA-262 does: Python's `\A` and `\Z` mean nothing there, and Python's
    `match` begins at the beginning without saying so.
    """
    pattern = value.get("pattern")
    if isinstance(pattern, str):
        inner = pattern.removeprefix(r"\A").removeprefix("^").removesuffix(r"\Z").removesuffix("$")
        value["pattern"] = f"^{inner}$" if pattern.endswith((r"\Z", "$")) else f"^{inner}"
