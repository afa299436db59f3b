"""Reading golden exchanges from their files, and putting the values of set-up steps into them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.testing.exchanges import UnreadableExchange, filled

__all__ = ["Exchange", "UnreadableExchange", "all_exchanges", "filled", "read_exchange"]

FOLDER = Path(__file__).parent / "exchanges"
_REQUEST_KEYS = frozenset({"method", "path", "headers", "json", "form", "files", "text"})
_RESPONSE_KEYS = frozenset({"status", "headers", "json", "media_type"})


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and the answer the contract promises, after the steps of `given`."""

    row: str
    name: str
    title: str
    given: tuple[str, ...]
    request: Mapping[str, Any]
    response: Mapping[str, Any]

    @property
    def identifier(self) -> str:
        """Give the file's place below `exchanges/`."""
        return f"{self.row}/{self.name}"

    @property
    def is_refusal(self) -> bool:
        """Tell whether the contract refuses this request."""
        body = self.response.get("json")
        is_said = isinstance(body, dict) and body.get("status") is False
        return self.response["status"] >= 400 or is_said


def read_exchange(path: Path) -> Exchange:
    """Read one file.

    Raises:
        UnreadableExchange: a key is missing, unknown or of the wrong kind.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.keys() - {"given"} != {
        "title",
        "request",
        "response",
    }:
        raise UnreadableExchange(f"{path}: needs title, request, response and perhaps given")
    request, response = content["request"], content["response"]
    if request.keys() - _REQUEST_KEYS or not {"method", "path"} <= request.keys():
        raise UnreadableExchange(f"{path}: the request has unknown or missing keys")
    if response.keys() - _RESPONSE_KEYS or "status" not in response:
        raise UnreadableExchange(f"{path}: the response has unknown or missing keys")
    return Exchange(
        row=path.parent.name,
        name=path.stem,
        title=content["title"],
        given=tuple(content.get("given", ())),
        request=request,
        response=response,
    )


def all_exchanges(rows: frozenset[str] = frozenset()) -> list[Exchange]:
    """Give the exchanges of the rows (all rows when none is named), by row and name."""
    paths = sorted(FOLDER.glob("*/*.yaml"), key=lambda path: (_order(path.parent.name), path.name))
    return [read_exchange(path) for path in paths if not rows or path.parent.name in rows]


def _order(row: str) -> tuple[int, int]:
    number = row[1:]
    return "WAM".index(row[0]), int(number) if number.isdigit() else 99
