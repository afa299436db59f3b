"""Who may do what, as a table per service (`tests/contracts/access.yaml`), asserted through HTTP.

A row is an operation (method and path as the OpenAPI spells it), perhaps with the circumstance it
is tried under (`GET /x/{id} | of a locked one`), and a cell for every actor. The words of a cell:

    ok      2xx; a read shows the owner's thing, a command is done
    own     2xx, about the caller's own things: nothing of the owner's is in the answer
    bare    2xx, without what only those may see to whom it is visible
    empty   200 with an empty list
    401 403 404 409 422    refused with a problem document of that status
    .       not tried: the row's circumstance leaves no sense in it

Three more sections say what is recorded. Where staff or a therapist are let in (`ok`) and a client
who has nothing to do with it is not, somebody else's thing is reached, and an act must be declared:

    audited     the act the service's record must then hold, by row or operation
    common      actors whose own the thing is too, so that nothing is recorded of them
    unaudited   why nothing is recorded at all, in words

Playing a cell that is audited looks for the entry: that act, by that actor.

A service gives for each row what is called on which objects; they are made for a cast of people, so
that a 404 means hidden. Cells that change something get a cast of their own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shared.audit_entries import audit_entries
from shared.database import Database
from shared.http.app import api_of
from shared.http.context import EXTENSION, Chassis
from shared.testing.tokens import INTERNAL_KEY, TokenMaker

PERSONS = ("other", "owner", "assigned", "stranger", "former", "moderator", "admin")
ACTORS = ("none", "expired", *PERSONS, "key", "wrongkey")
WORDS = frozenset({"ok", "own", "bare", "empty", "401", "403", "404", "409", "422", "."})
ROLE_OF = {
    "other": "client",
    "owner": "client",
    "assigned": "therapist",
    "stranger": "therapist",
    "former": "therapist",
    "moderator": "moderator",
    "admin": "admin",
}
SECTIONS = {"operations": False, "beside_the_internal_key": True}
RECORDED = ("audited", "common", "unaudited")
WATCHED = ("assigned", "stranger", "former", "moderator", "admin")
METHODS = ("delete", "get", "patch", "post", "put")
# Served by every service beside its API, without personal data; the gateway routes none of them.
UNLISTED = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
_LONG_AGO = 1_000_000_000


class UnreadableTable(Exception):
    """A table does not follow the format."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. With `has_key` persons show the internal key beside their token."""

    operation: str
    circumstance: str
    has_key: bool
    expected: Mapping[str, str]
    act: str | None = None
    common: frozenset[str] = frozenset()
    why_unaudited: str | None = None

    @property
    def reaching_others(self) -> list[str]:
        """Give the staff and therapists who reach what is somebody else's."""
        if self.expected["other"] == "ok":
            return []
        return [
            actor for actor in WATCHED if self.expected[actor] == "ok" and actor not in self.common
        ]

    @property
    def name(self) -> str:
        """Give the row's key, as the table spells it."""
        return f"{self.operation} | {self.circumstance}" if self.circumstance else self.operation

    @property
    def is_read(self) -> bool:
        """Tell whether the operation changes nothing."""
        return self.operation.startswith("GET ")

    def __str__(self) -> str:
        """Give the name of the row's test."""
        return f"{self.name} (with the key)" if self.has_key else self.name


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Account ids by actor: a client (the owner) in care with the assigned therapist, who followed
    the former one; another client, another therapist, staff.

    `tokens` replaces the made-up ones where a login must stand behind a token.
    """

    ids: Mapping[str, int]
    tokens: Mapping[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        """Give the id of an actor: `cast.owner`."""
        if name in ROLE_OF:
            return self.ids[name]
        raise AttributeError(name)


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is sent. `shows` looks for the owner's thing in the answer: its JSON, else its bytes.

    `state` reads what a cell that is not `ok` must leave as it was.
    """

    path: str
    json: Any = None
    data: bytes | None = None
    shows: Callable[[Any], bool] | None = None
    state: Callable[[], object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Prepare = Callable[[Cast], Call]
MakeCast = Callable[[], Cast]


def read_table(path: Path) -> list[Row]:
    """Read a service's table.

    Raises:
        UnreadableTable: a section, an actor or a word is missing or unknown.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    sections = (*SECTIONS, *RECORDED)
    if not isinstance(content, dict) or content.keys() != {"actors", *sections}:
        raise UnreadableTable(f"{path}: needs actors and {', '.join(sections)}")
    if tuple(content["actors"].split()) != ACTORS:
        raise UnreadableTable(f"{path}: the actors are {' '.join(ACTORS)}")
    rows = [
        _row(name, cells.split(), content, has_key=has_key)
        for section, has_key in SECTIONS.items()
        for name, cells in (content[section] or {}).items()
    ]
    spoken_of = {row.name for row in rows} | {row.operation for row in rows}
    for section in RECORDED:
        if unknown := (content[section] or {}).keys() - spoken_of:
            raise UnreadableTable(f"{path}: {section} names no row: {', '.join(sorted(unknown))}")
    return rows


def _row(name: str, cells: Sequence[str], content: Mapping[str, Any], *, has_key: bool) -> Row:
    actors = PERSONS if has_key else ACTORS
    if len(cells) != len(actors) or not WORDS.issuperset(cells):
        raise UnreadableTable(f"{name}: needs a word for each of {' '.join(actors)}")
    operation, _, circumstance = name.partition(" | ")

    def told(section: str) -> str | None:
        said: Mapping[str, str] = content[section] or {}
        return said.get(name, said.get(operation))

    return Row(
        act=told("audited"),
        common=frozenset((told("common") or "").split()),
        why_unaudited=told("unaudited"),
        operation=operation,
        circumstance=circumstance,
        has_key=has_key,
        expected=dict(zip(actors, cells, strict=True)),
    )


def operations_of(app: Flask) -> set[str]:
    """Give every operation of an app's OpenAPI document, clean and internal."""
    paths: Mapping[str, Mapping[str, Any]] = api_of(app).document()["paths"]
    return {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in operations
        if method in METHODS
    }


def coverage_faults(app: Flask, rows: Sequence[Row], prepares: Mapping[str, Prepare]) -> list[str]:
    """Tell which operations have no row, rows no operation or nothing that prepares them, and which
    routes stand outside the OpenAPI document.
    """
    operations = operations_of(app)
    found = {row.operation for row in rows if not row.has_key}
    found_with_key = {row.operation for row in rows if row.has_key}
    internal = {each for each in operations if " /internal/" in each}
    told = [f"{each}: no row" for each in sorted(operations - found)]
    told += [f"{each}: no operation" for each in sorted((found | found_with_key) - operations)]
    told += [f"{each}: no row with the key" for each in sorted(internal - found_with_key)]
    told += [f"{row.name}: nothing prepares it" for row in rows if row.name not in prepares]
    told += [f"{each}: no such row" for each in prepares.keys() - {row.name for row in rows}]
    told += [
        f"{row.name}: nothing is recorded of {', '.join(row.reaching_others)}"
        for row in rows
        if row.reaching_others and not (row.act or row.why_unaudited)
    ]
    documented = {each.partition(" ")[2] for each in operations}
    for rule in app.url_map.iter_rules():
        if _spelled(str(rule)) not in documented | UNLISTED:
            told.append(f"{rule}: not in the OpenAPI document")
    return told


def _spelled(rule: str) -> str:
    """Spell a route as OpenAPI does: `<int:id>` is `{id}`."""
    parts = []
    for part in rule.split("/"):
        is_parameter = part.startswith("<")
        parts.append("{" + part[1:-1].rpartition(":")[2] + "}" if is_parameter else part)
    return "/".join(parts)


def cells_of(rows: Sequence[Row]) -> int:
    """Count the cells that are tried."""
    return sum(word != "." for row in rows for word in row.expected.values())


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a table is played: an app, who signs tokens, who makes casts."""

    client: FlaskClient
    maker: TokenMaker
    make_cast: MakeCast

    def faults(self, row: Row, prepare: Prepare) -> list[str]:
        """Play every cell of a row; tell which answers are not what the table says."""
        return [
            f"{actor}: expected {row.expected[actor]}, got {told}"
            for actor, cast, call in self._scenes(row, prepare)
            if (told := self._told(row, actor, cast, call))
        ]

    def _scenes(self, row: Row, prepare: Prepare) -> Iterator[tuple[str, Cast, Call]]:
        """Give each cell's cast. Reads share one, and so do those nobody may be let in with."""
        shared: tuple[Cast, Call] | None = None
        for actor, word in row.expected.items():
            if word == ".":
                continue
            if row.is_read or word == "401":
                if shared is None:
                    cast = self.make_cast()
                    shared = cast, prepare(cast)
                yield actor, *shared
            else:
                cast = self.make_cast()
                yield actor, cast, prepare(cast)

    def _told(self, row: Row, actor: str, cast: Cast, call: Call) -> str:
        """Give an empty text when the answer fits, or what it is."""
        more: dict[str, Any] = {} if call.json is None else {"json": call.json}
        if call.data is not None:
            more = {"data": call.data, "content_type": "application/octet-stream"}
        headers = {**self._headers(row, actor, cast), **call.headers}
        before = call.state() if call.state is not None else None
        last_entry = self._last_entry()
        answer = self.client.open(
            call.path,
            method=row.operation.partition(" ")[0],
            headers=headers,
            **more,
        )
        value = answer.get_json(silent=True) if answer.is_json else answer.get_data()
        word = row.expected[actor]
        if not _fits(word, answer.status_code, answer.mimetype or "", value, call):
            return f"{answer.status_code} {answer.get_data()[:300]!r}"
        if word != "ok" and call.state is not None and call.state() != before:
            return f"{answer.status_code}, and something of the owner's has changed"
        is_audited = row.act is not None and actor in row.reaching_others
        if is_audited and (row.act, cast.ids[actor]) not in self._entries_after(last_entry):
            return f"{answer.status_code}, and {row.act} was not recorded"
        return ""

    def _last_entry(self) -> int:
        wanted = select(func.coalesce(func.max(audit_entries.c.id), 0))
        last: int = self._database().reading(lambda session: session.execute(wanted).scalar_one())
        return last

    def _entries_after(self, last_entry: int) -> set[tuple[str, int | None]]:
        wanted = select(audit_entries.c.act, audit_entries.c.actor_id).where(
            audit_entries.c.id > last_entry
        )
        found = self._database().reading(lambda session: session.execute(wanted).all())
        return {(row.act, row.actor_id) for row in found}

    def _database(self) -> Database:
        found: Chassis = self.client.application.extensions[EXTENSION]
        return found.database

    def _headers(self, row: Row, actor: str, cast: Cast) -> dict[str, str]:
        if actor == "none":
            return {}
        if actor == "key":
            return {"X-Internal-Key": INTERNAL_KEY}
        if actor == "wrongkey":
            return {"X-Internal-Key": INTERNAL_KEY[:-1] + "0"}
        if actor == "expired":
            return self.maker.headers(cast.owner, "client", exp=_LONG_AGO)
        token = cast.tokens.get(actor) or self.maker.token(cast.ids[actor], ROLE_OF[actor])
        headers = {"Authorization": f"Bearer {token}"}
        return {**headers, "X-Internal-Key": INTERNAL_KEY} if row.has_key else headers


def _fits(word: str, status: int, media_type: str, value: Any, call: Call) -> bool:
    if word.isdigit():
        return status == int(word) and media_type == "application/problem+json"
    if not 200 <= status < 300:
        return False
    is_shown = call.shows is not None and call.shows(value)
    if word == "ok":
        return call.shows is None or is_shown
    if word == "empty":
        return isinstance(value, dict) and value.get("items") == []
    return call.shows is not None and not is_shown
