"""Cells of the matrix: a field of a row and a class of input, how it is sent, what is wrong with
the answer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from tests.conformance.replaying import FILES
from tests.input_classes.classes import (
    ABSENT,
    IN_A_URL,
    TEXTS,
    VALID_IN_DIGITS,
    Cut,
    Input,
    ValidInDigits,
    body_of,
    in_url,
)
from tests.input_classes.kinds import ACCEPTED, Outcome
from tests.input_classes.refusals import refusals
from tests.input_classes.scenes import Cast, Scene, Values, unique
from tests.input_classes.sending import NO_JSON, Answer, Request, sent
from tests.input_classes.table import BODY, FORM, PATH, QUERY, Field, TableRow

UNKNOWN = {"a_field_nobody_knows": {"deep": [1, None]}}
BOUNDARY = "a-boundary-of-the-tests"


@dataclass(frozen=True)
class Cell:
    """A field and a class."""

    field: Field
    input: Input

    @property
    def outcome(self) -> Outcome:
        """Give what the table says becomes of it."""
        return self.field.kind.outcomes[self.input]

    def __str__(self) -> str:
        return f"{self.field.shown_name}: {self.input}"


def cells_of(row: TableRow) -> list[Cell]:
    """Give every cell of a row; in a URL some classes cannot be sent."""
    return [
        Cell(field, each) for field in row.fields for each in Input if _can_be_sent(field, each)
    ]


def _can_be_sent(field: Field, kind: Input) -> bool:
    if field.place == PATH:
        return kind in IN_A_URL
    if field.place == QUERY:
        return kind in IN_A_URL or kind is Input.MISSING
    return True


def value_of(cell: Cell, valid: Values) -> object:
    """Give the value a cell sends: the class's, or where a numeric string is taken, the valid
    value in digits.
    """
    field, kind = cell.field, cell.input
    value = field.kind.value(kind)
    if value is VALID_IN_DIGITS:
        value = _digits(field, valid)
    if isinstance(value, str) and "{unique}" in value:
        value = value.replace("{unique}", unique())
    if field.is_unique and cell.outcome is Outcome.KEPT:
        value = f"{value} {unique()}"
    return _placed(field, value, valid)


def _digits(field: Field, valid: Values) -> str:
    if field.label.endswith("/hour"):
        (hour,) = valid[field.name].values()
        return str(hour)
    return str(valid[field.name])


def _placed(field: Field, value: object, valid: Values) -> object:
    """Put a value into the list or slot it is a part of."""
    if isinstance(value, Cut) or not field.label:
        return value
    if field.label.endswith("/item"):
        return [] if value is ABSENT else [value]
    (label,) = valid[field.name]
    return {label: [] if value is ABSENT else value}


def with_cells(cells: Iterable[Cell], valid: Values) -> Values:
    """Give the valid values with the cells' in their places."""
    values = dict(valid)
    for cell in cells:
        field = cell.field
        if field.instead_of is not None:
            values.pop(field.instead_of, None)
        values[field.name] = value_of(cell, valid)
    return values


def request_of(
    cast: Cast,
    scene: Scene,
    row: TableRow,
    values: Mapping[str, Any],
    cell: Cell | None = None,
    more: Mapping[str, object] | None = None,
) -> Request:
    """Write the request of a row with these values."""
    places = {field.name: field.place for field in row.fields}
    headers = scene.headers(cast)
    if FORM in places.values():
        return _form(scene, headers, values, cell)
    path = scene.path
    query: list[str] = []
    body: dict[str, object] = {}
    for name, value in values.items():
        place = places.get(name, BODY)
        if place == BODY:
            body[name] = value
        elif value is not ABSENT:
            is_cell = cell is not None and cell.field.name == name
            spelled = in_url(cell.input if is_cell and cell else Input.DIGITS, value)
            if place == PATH:
                path = path.replace("<id>", spelled)
            else:
                query.append(f"{name}={spelled}")
    content = body_of({**body, **(more or {})}) if body or scene.method != "GET" else None
    if query:
        path += "?" + "&".join(query)
    elif more and scene.method == "GET":
        path += "?" + urlencode(dict.fromkeys(more, "x"))
    return Request(method=scene.method, path=path, headers=headers, body=content)


def as_form(request: Request, values: Mapping[str, Any]) -> Request:
    """Write the same fields as an url-encoded form: every value is a string."""
    pairs = [
        (name, _form_text(value)) for name, value in values.items() if value not in (ABSENT, None)
    ]
    headers = {**request.headers, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(pairs, errors="surrogatepass").encode()
    return replace(request, headers=headers, body=body)


def _form_text(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _form(
    scene: Scene, headers: dict[str, str], values: Mapping[str, Any], cell: Cell | None
) -> Request:
    """Write a form with a file: a text stands in its name, anything else in its content."""
    value = values["picture"]
    if cell is not None and cell.outcome is Outcome.TYPE:
        body = body_of({"picture": value})
        return Request(method=scene.method, path=scene.path, headers=headers, body=body)
    filename, content = "file.png", value
    if cell is not None and cell.input in TEXTS:
        filename, content = str(value), FILES["a picture"]
    elif cell is not None and cell.outcome is Outcome.LONG:
        content = FILES["6 mebibytes"]
    elif isinstance(value, Cut):
        content = b"cut"
    elif value is not ABSENT and not isinstance(value, bytes):
        content = str(value).encode("utf-8", "replace")
    headers = {**headers, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    parts = b""
    if value is not ABSENT:
        quoted = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        opening = f'Content-Disposition: form-data; name="picture"; filename="{quoted}"\r\n'
        parts = (
            f"--{BOUNDARY}\r\n{opening}Content-Type: image/png\r\n\r\n".encode() + content + b"\r\n"
        )
    end = b"" if isinstance(value, Cut) else f"--{BOUNDARY}--\r\n".encode()
    return Request(method=scene.method, path=scene.path, headers=headers, body=parts + end)


def try_refused(
    cast: Cast, scene: Scene, row: TableRow, cell: Cell, valid: Values, *, is_form: bool = False
) -> list[str]:
    """Send a cell that must be refused; tell what is wrong."""
    values = with_cells([cell], valid)
    request = request_of(cast, scene, row, values, cell)
    if is_form:
        request = as_form(request, values)
    answer = sent(cast.place, request)
    # percent-encoded, a lone surrogate is no UTF-8
    is_unreadable = is_form and cell.input is Input.LONE_SURROGATE
    outcome = Outcome.UNREADABLE if is_unreadable else cell.outcome
    allowed = refusals(row, cell.field, outcome)
    if any(each.fits(answer) for each in allowed):
        return []
    if cell.outcome is Outcome.OPEN and answer.is_success:
        return []
    expected = " or ".join(f"{each.status} {each.body}" for each in allowed)
    return [f"{cell}: expected {expected}; found {told(answer)}"]


def try_accepted(
    cast: Cast, scene: Scene, row: TableRow, cells: list[Cell], *, is_form: bool = False
) -> list[str]:
    """Send cells that must be accepted in one request; tell which are not shown as they were
    sent.
    """
    names = ", ".join(map(str, cells)) or "a field nobody knows"
    valid = scene.fresh(cast)
    values = with_cells(cells, valid)
    more = {} if cells else UNKNOWN
    lone = cells[0] if len(cells) == 1 else None
    request = request_of(cast, scene, row, values, lone, more)
    answer = sent(cast.place, as_form(request, values) if is_form else request)
    if not answer.is_success:
        return [f"{names}: should be accepted; found {told(answer)}"]
    kept = [cell for cell in cells if cell.outcome is Outcome.KEPT]
    if scene.shown is None:
        return [f"{cell}: nothing shows it" for cell in kept]
    shown = scene.shown(cast, values, answer)
    wrong = []
    for cell in kept:
        name = cell.field.name
        if name in scene.not_shown:
            continue
        expected = cell.field.kind.meaning(values[name])
        if shown.get(name) != expected:
            wrong.append(f"{cell}: sent {expected!r}, shown {shown.get(name)!r}")
    return wrong


def told(answer: Answer) -> str:
    """Tell an answer in a line."""
    body = answer.media_type if answer.json is NO_JSON else answer.json
    return f"{answer.status} {str(body)[:200]}"


def can_be_a_form(cell: Cell) -> bool:
    """Tell whether a cell can be sent as a form, too: a body's field whose value is a string."""
    value = cell.field.kind.value(cell.input)
    is_string = isinstance(value, str | ValidInDigits) and not cell.field.label
    return cell.field.place == BODY and is_string


def grouped(scene: Scene, row: TableRow, cells: Iterable[Cell]) -> list[list[Cell]]:
    """Give the cells to be accepted, as many of one class in a request as can stand together."""
    listed = list(cells)
    groups: list[list[Cell]] = []
    for kind in Input:
        of_class: list[list[Cell]] = []
        for cell in listed:
            if cell.input is kind and cell.outcome in ACCEPTED:
                _join(of_class, cell, scene)
        groups += of_class
    return groups


def _join(groups: list[list[Cell]], cell: Cell, scene: Scene) -> None:
    field = cell.field
    is_alone = field.instead_of is not None or field.name in scene.alone or field.place != BODY
    for group in groups:
        others = {name for each in group for name in (each.field.name, each.field.instead_of)}
        has_loner = any(each.field.name in scene.alone for each in group)
        if not is_alone and not has_loner and field.name not in others:
            group.append(cell)
            return
    groups.append([cell])
