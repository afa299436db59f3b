"""Which refusals each operation of a service answers with, and how its description says so: one
response for each status, its codes an enum. What every operation of a kind may meet is derived
here; the rest its view declares by `refuses`.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from flask import Flask
from werkzeug.routing import Rule

from shared.access_tokens import (
    AccountInactive,
    InvalidToken,
    PasswordChangeRequired,
    SecondFactorSetupRequired,
    TokenExpired,
)
from shared.errors import (
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from shared.http.declared import Declared, Refused, declared_by
from shared.http.errors import HTTP_PROBLEMS, status_of_class
from shared.http.openapi import Document, described_path, operations
from shared.idempotency_keys import MAX_KEY_CHARACTERS
from shared.problems import (
    ALWAYS,
    ANYTHING_ELSE,
    HEADERS,
    PROBLEM,
    PROBLEM_SCHEMA,
    Problem,
    reference,
    response_of,
    title_of,
)

PUBLIC_PREFIX: Final = "/api/"
CATALOGUE: Final = "x-problems"
"""Where a service's document tells of every kind its operations answer with."""
_ANYTHING_ELSE: Final = "AnythingElse"
ETAG, LINK, REPLAYED = "ETag", "Link", "Idempotency-Replayed"
IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY = "If-Match", "If-None-Match", "Idempotency-Key"

_TOKEN: Final = (NotAuthenticated, InvalidToken, TokenExpired, AccountInactive)
_DUTIES: Final = (PasswordChangeRequired, SecondFactorSetupRequired)
_NAMED: Final[Mapping[str, tuple[type[ServiceError], ...]]] = {
    "NotLoggedIn": _TOKEN,
    "DutyFirst": _DUTIES,
    "NotForYou": (NotAllowed, *_DUTIES),
}
_ANSWER_HEADERS: Final[Mapping[str, Document]] = {
    **HEADERS,
    LINK: {
        "description": 'where another page follows: its URL, `rel="next"` (RFC 8288)',
        "schema": {"type": "string"},
    },
    ETAG: {
        "description": "names the state that was read; goes into If-Match",
        "schema": {"type": "string"},
    },
    REPLAYED: {
        "description": "`true` where a repeated Idempotency-Key did nothing again",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_PARAMETERS: Final[Mapping[str, Document]] = {
    IF_MATCH: {
        "name": IF_MATCH,
        "in": "header",
        "required": False,
        "description": "the ETag of the state the change was made from, or `*`",
        "schema": {"type": "string"},
    },
    IF_NONE_MATCH: {
        "name": IF_NONE_MATCH,
        "in": "header",
        "required": False,
        "description": "the ETag of what is there already",
        "schema": {"type": "string"},
    },
    IDEMPOTENCY_KEY: {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": False,
        "description": "a key of your own: with it a repeated request has one effect and, for a"
        " day, the same answer",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS},
    },
}


def problem_of(refused: Refused) -> Problem:
    """Give the kind of problem an error class stands for."""
    if isinstance(refused, Problem):
        return refused
    return Problem(
        code=refused.code,
        status=status_of_class(refused),
        sentence=refused.message,
        meaning=" ".join(inspect.cleandoc(refused.__doc__ or "").split()),
        remedy=refused.remedy,
        members=refused.members,
    )


def with_refusals(document: Document, app: Flask, derived: "Derived") -> Document:
    """Give a document whose operations name what they refuse with, and the headers they declare;
    at its end the catalogue of all kinds.
    """
    rules = _rules(app)
    components = document.setdefault("components", {})
    shared_responses: Document = {}
    kinds: dict[str, Problem] = {}
    for path, method, operation in operations(document):
        rule = rules[path, method]
        declared = declared_by(app.view_functions[rule.endpoint])
        found = [problem_of(each) for each in (*derived(rule, operation), *declared.refusals)]
        kinds.update((kind.code, kind) for kind in found)
        _tell_refusals(operation, found, shared_responses)
        _tell_headers(operation, declared)
    shared_responses[_ANYTHING_ELSE] = ANYTHING_ELSE
    components["responses"] = dict(sorted(shared_responses.items()))
    components.setdefault("schemas", {})[PROBLEM] = PROBLEM_SCHEMA
    components["headers"] = dict(_ANSWER_HEADERS)
    components["parameters"] = {**components.get("parameters", {}), **_PARAMETERS}
    document[CATALOGUE] = {code: kinds[code].told() for code in sorted(kinds)}
    return document


Derived = Callable[[Rule, Document], Iterable[Refused]]


def derived_refusals(
    rule: Rule,
    operation: Document,
    *,
    asks_for_token: bool,
    has_duties: bool,
) -> Iterator[Refused]:
    """Give what follows from how an operation stands there: who may call it, its path, its body,
    and what every operation of the clean API meets.
    """
    if asks_for_token:
        yield from _TOKEN
    if has_duties:
        yield from _DUTIES
    if rule.arguments:
        yield NotFound
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        yield HTTP_PROBLEMS[413]
    if "application/json" in body:
        yield HTTP_PROBLEMS[400]
        yield HTTP_PROBLEMS[415]
    yield InvalidRequest  # unknown parameters of the query, if nothing else
    yield Unavailable
    if rule.rule.startswith(PUBLIC_PREFIX):
        yield TooManyRequests


def _rules(app: Flask) -> dict[tuple[str, str], Rule]:
    return {
        (described_path(rule.rule), method.lower()): rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _tell_refusals(
    operation: Document, found: Sequence[Problem], shared_responses: Document
) -> None:
    answers: Document = {
        status: answer
        for status, answer in operation.get("responses", {}).items()
        if status.startswith(("2", "3"))
    }
    by_status: dict[int, dict[str, Problem]] = {}
    for kind in found:
        by_status.setdefault(kind.status, {})[kind.code] = kind
    for status in sorted(by_status):
        kinds = list(by_status[status].values())
        answer = response_of(kinds)
        name = _name_of(frozenset(by_status[status]))
        if name is not None:
            shared_responses[name] = answer
            answer = reference("responses", name)
        answers[str(status)] = answer
    operation["responses"] = {**answers, "default": reference("responses", _ANYTHING_ELSE)}


def _name_of(codes: frozenset[str]) -> str | None:
    """Name an answer that many operations have; None where it stands with its operation."""
    if len(codes) == 1:
        return title_of(next(iter(codes))).title().replace(" ", "")
    for name, classes in _NAMED.items():
        if codes == {each.code for each in classes}:
            return name
    return None


def _tell_headers(operation: Document, declared: Declared) -> None:
    for name in dict.fromkeys(declared.request_headers):
        operation.setdefault("parameters", []).append(reference("parameters", name))
    answers = operation["responses"]
    is_paged = any(each.get("name") == "cursor" for each in operation.get("parameters", ()))
    pages = (LINK,) if is_paged else ()
    if IF_NONE_MATCH in declared.request_headers:
        answers["304"] = {"description": "What is there already still stands."}
        operation["responses"] = dict(sorted(answers.items()))
    for status, answer in answers.items():
        if status.startswith(("2", "3")):
            named = dict.fromkeys((*ALWAYS, *pages, *declared.answer_headers))
            told = {name: reference("headers", name) for name in named}
            answer["headers"] = {**answer.get("headers", {}), **told}
