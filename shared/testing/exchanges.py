"""Example exchanges: what the gateway, and front ends of the clean API, rely on in the HTTP API of
each service.

A scenario is a file below `shared/contracts/http/<service>/`: steps that follow each other, begun
with an empty database. The service replays it through its app, the gateway reads it as if the
service had answered it. Members an answer has beside the named ones do not matter.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from flask.testing import FlaskClient

from shared.testing.examples import Seen
from shared.testing.masks import differences
from shared.testing.tokens import TokenMaker, internal_headers

FOLDER = Path(__file__).parents[1] / "contracts" / "http"
RELEASED = FOLDER.parent / "released" / "http"
INTERNAL = "/internal/"
_VALUE = re.compile(r"\$\{([a-z_.]+)\}")


class UnreadableExchange(Exception):
    """An example does not follow the format."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the service's own HTTP API cannot bring about; each service knows its sentences.

    `gives` names the values the step leaves behind, with an example of each.
    """

    given: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    gives: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent. `actor` has an id and a role, and a token where a login gave one; `base64`
    spells the bytes of a body that is no JSON.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    actor: Mapping[str, Any] | None = None
    json: Any = None
    base64: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What comes back; `json` is None when the body is none."""

    status: int
    json: Any = None
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer.

    `wanted_by` has for each row of the gateway what the old client sends for it; nothing there
    means that the gateway reads such an answer, but refuses such a request itself. An exchange no
    row wants prepares the next ones. `remember` has names for members of the answer.
    """

    request: Request
    response: Answer
    wanted_by: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    remember: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A file's steps, as they stand there: values are not put in yet."""

    service: str
    name: str
    title: str
    steps: tuple[Mapping[str, Any], ...]

    is_released: bool = False

    @property
    def is_wanted(self) -> bool:
        """Tell whether a row of the gateway wants any of it; the others are what front ends of the
        clean API ask.
        """
        return any("wanted_by" in step for step in self.steps)

    def __str__(self) -> str:
        """Give the file's name, which names the test."""
        return f"released-{self.name}" if self.is_released else self.name


Send = Callable[[Exchange], Answer]
Arrange = Callable[[Given], Mapping[str, Any]]
GivenSteps = Mapping[str, Callable[..., Mapping[str, Any] | None]]


def scenarios_of(service: str, folder: Path = FOLDER) -> list[Scenario]:
    """Read a service's scenarios, by name.

    Raises:
        UnreadableExchange: a file does not follow the format, or there is none.
    """
    paths = sorted((folder / service).glob("*.yaml"))
    if not paths:
        raise UnreadableExchange(f"{service} has no example exchanges")
    return [_read(service, path, is_released=folder == RELEASED) for path in paths]


def promised_scenarios(service: str) -> list[Scenario]:
    """Read what a service has to answer: the present scenarios, and the released ones that read
    otherwise, since a gateway of the last release may still ask.
    """
    present = scenarios_of(service)
    released = scenarios_of(service, RELEASED)
    known = [each.steps for each in present]
    return [*present, *(each for each in released if each.steps not in known)]


def _read(service: str, path: Path, *, is_released: bool) -> Scenario:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.keys() != {"title", "steps"}:
        raise UnreadableExchange(f"{path}: needs title and steps")
    for step in content["steps"]:
        _step(step)
    return Scenario(
        service=service,
        name=path.stem,
        title=content["title"],
        steps=tuple(content["steps"]),
        is_released=is_released,
    )


def _step(step: Mapping[str, Any]) -> Given | Exchange:
    try:
        if "given" in step:
            return Given(**step)
        request, response = Request(**step["request"]), Answer(**step["response"])
        return Exchange(**{**step, "request": request, "response": response})
    except (KeyError, TypeError) as error:
        raise UnreadableExchange(f"{step}: {error}") from error


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """Put values in place of `${name}`; a string that is nothing else keeps the value's type.

    Raises:
        UnreadableExchange: no earlier step gave that value.
    """
    if isinstance(template, dict):
        return {filled(name, values): filled(each, values) for name, each in template.items()}
    if isinstance(template, list):
        return [filled(each, values) for each in template]
    if not isinstance(template, str):
        return template
    whole = _VALUE.fullmatch(template)
    if whole:
        return _value(whole[1], values)
    return _VALUE.sub(lambda match: str(_value(match[1], values)), template)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    if name not in values:
        raise UnreadableExchange(f"no step gives ${{{name}}}")
    return values[name]


def play(scenario: Scenario, send: Send, arrange: Arrange) -> list[str]:
    """Play a scenario up to the first answer that differs; tell how it does."""
    values: dict[str, Any] = {}
    for number, raw in enumerate(scenario.steps, start=1):
        step = _step(filled(raw, values))
        if isinstance(step, Given):
            values.update(arrange(step))
            continue
        answer = send(step)
        told = _compared(step.response, answer)
        if told:
            request = step.request
            return [f"step {number}, {request.method} {request.path}: {line}" for line in told]
        values.update({name: _member(answer.json, path) for name, path in step.remember.items()})
    return []


def _compared(expected: Answer, found: Answer) -> list[str]:
    told = differences(expected.status, found.status, "status")
    if expected.media_type:
        told += differences(expected.media_type, found.media_type, "media type")
    if expected.json is not None:
        told += differences(expected.json, found.json, may_have_more=True)
    return told


def _member(answer: Any, path: str) -> Any:
    """Take the member at a path such as `items.0.id`."""
    for name in path.split("."):
        answer = answer[int(name)] if isinstance(answer, list) else answer[name]
    return answer


def replay(
    scenario: Scenario, client: FlaskClient, token_maker: TokenMaker, given_steps: GivenSteps
) -> list[str]:
    """Play a scenario through a service's app; tell how its first wrong answer differs, or how the
    examples kept of it do.
    """
    seen = Seen(scenario.service, scenario.name)

    def send(exchange: Exchange) -> Answer:
        request = exchange.request
        body: dict[str, Any] = {} if request.json is None else {"json": request.json}
        if request.base64 is not None:
            content = b64decode(request.base64)
            body = {"data": content, "content_type": "application/octet-stream"}
        found = client.open(
            request.path,
            method=request.method,
            query_string=dict(request.query),
            headers=_headers(request, token_maker),
            **body,
        )
        seen.note(
            client.application, request.method, request.path, found.status_code,
            request=request.json, answer=found.get_json(silent=True),
        )  # fmt: skip
        return Answer(
            status=found.status_code,
            json=found.get_json(silent=True),
            media_type=found.mimetype or "",
        )

    def arrange(given: Given) -> Mapping[str, Any]:
        left = given_steps[given.given](**given.arguments) or {}
        if left.keys() != given.gives.keys():
            raise UnreadableExchange(f"{given.given} gives {sorted(left)}")
        return left

    told = play(scenario, send, arrange)
    return told or ([] if scenario.is_released else seen.differences())


def _headers(request: Request, token_maker: TokenMaker) -> dict[str, str]:
    headers = internal_headers() if request.path.startswith(INTERNAL) else {}
    actor = request.actor
    if actor is None:
        return headers
    token = actor.get("token") or token_maker.token(actor["id"], actor["role"])
    return {**headers, "Authorization": f"Bearer {token}"}
