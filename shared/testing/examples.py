"""Keeping what a service answers to its example exchanges as examples of its description."""

import json
import os
import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask
from werkzeug.exceptions import HTTPException

from shared.http.examples import FOLDER

WRITE: Final = "HEARTH_WRITE_EXAMPLES"
"""Set by `make examples`: write the files instead of comparing them."""
PUBLIC: Final = "/api/v1/"
_MOST_ELEMENTS: Final = 2
_TOKEN: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_RANDOM: Final = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{20,}", re.ASCII)
_MAILED_CODE: Final = re.compile(r"[0-9]{6}", re.ASCII)
_SHOWN_CODE: Final = "042719"
_SHOWN_TOKEN: Final = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMDAxIn0.c2lnbmF0dXJl"  # noqa: S105 # shown, never good


class Seen:
    """What one scenario asked of the public operations, and what came back."""

    def __init__(self, service: str, scenario: str) -> None:
        self._path = FOLDER / service / f"{scenario}.json"
        self._exchanges: list[dict[str, Any]] = []

    def note(self, app: Flask, method: str, path: str, status: int, **bodies: Any) -> None:
        """Note an exchange by its operation's name; `request` and `answer` are JSON or None."""
        operation = _operation(app, method, path)
        if operation is None:
            return
        told = {name: _shown(body) for name, body in sorted(bodies.items()) if body is not None}
        if told:
            self._exchanges.append({"operation": operation, "status": status, **told})

    def differences(self) -> list[str]:
        """Tell how what is kept reads otherwise than what was seen: in its operations, its
        requests, or the members and types of an answer. Writes it instead when told to.
        """
        if os.environ.get(WRITE) == "1":
            self._write()
        kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else []
        if len(kept) != len(self._exchanges):
            return [f"{self._path.name}: {len(kept)} kept, {len(self._exchanges)} seen: {_HELP}"]
        return [
            f"{self._path.name}, {seen['operation']} {seen['status']}: {_HELP}"
            for seen, old in zip(self._exchanges, kept, strict=True)
            if _outline(seen) != _outline(old)
        ]

    def _write(self) -> None:
        if not self._exchanges:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._exchanges, indent=1, ensure_ascii=False)
        self._path.write_text(f"{text}\n", encoding="utf-8")


_HELP: Final = "make examples openapi"


def _operation(app: Flask, method: str, path: str) -> str | None:
    """Give the name of a public operation; None for what no description names."""
    if not path.startswith(PUBLIC):
        return None
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method=method)
    except HTTPException:
        return None
    return str(endpoint).rpartition(".")[2]


def _shown(value: Any) -> Any:
    """Give a body as an example shows it: lists cut short, nothing random that looks secret."""
    if isinstance(value, Mapping):
        return {name: _shown(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_shown(each) for each in value[:_MOST_ELEMENTS]]
    if not isinstance(value, str):
        return value
    if _MAILED_CODE.fullmatch(value):
        return _SHOWN_CODE
    return _RANDOM.sub(_as_long, _TOKEN.sub(_SHOWN_TOKEN, value)) if value else value


def _as_long(random: re.Match[str]) -> str:
    if random[0] in _SHOWN_TOKEN:
        return random[0]
    return ("example0" * (len(random[0]) // 8 + 1))[: len(random[0])]


def _outline(exchange: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give what must not differ: the operation, the status, a refusal's code, and the names and
    types of everything.
    """
    answer = exchange.get("answer")
    code = answer.get("type") if isinstance(answer, Mapping) else None
    return exchange["operation"], exchange["status"], code, _types(exchange)


def _types(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _types(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_types(each) for each in value]
    return type(value).__name__
