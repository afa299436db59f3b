"""The classes of input every field is tried with, and how a body, a path or a query carries one."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

JsonValue = object


class Input(StrEnum):
    """One class of input."""

    MISSING = "missing"
    NULL = "null"
    STRING = "a string"
    INTEGER = "an integer"
    BOOLEAN = "a boolean"
    FRACTION = "a fraction"
    WHOLE_FRACTION = "a fraction for a whole number"
    LIST = "a list"
    OBJECT = "an object"
    NEGATIVE = "a negative number"
    OVER_31_BITS = "2^31"
    OVER_63_BITS = "2^63"
    TEN_TO_THE_30 = "10^30"
    NOT_A_NUMBER = "NaN"
    TOO_LONG = "too long"
    NUL = "NUL"
    LONE_SURROGATE = "a lone surrogate"
    CUT_BODY = "a body that ends early"
    EMOJI = "emoji with a joiner"
    QUOTE = "O'Brien"
    HTML = "HTML"
    FORMAT = "format characters"
    DOTS = "../"
    CRLF = "CRLF"
    RIGHT_TO_LEFT = "right-to-left text"
    BIDI_OVERRIDE = "a bidi override"
    EMPTY = "empty"
    BLANK = "blank"
    ZERO = "0"
    DIGITS = "a numeric string"


@dataclass(frozen=True)
class Literal:
    """JSON text that stands in a body as it is."""

    text: str


class Absent:
    """The field is not sent."""


@dataclass(frozen=True)
class Cut:
    """The body ends inside this field's value."""


class ValidInDigits:
    """The row's valid value, written as a string of digits."""


ABSENT = Absent()
VALID_IN_DIGITS = ValidInDigits()
NUL_TEXT = "nu\x00l and more"
SURROGATE_TEXT = "lone \ud800 and more"
TEXTS: Mapping[Input, str] = {
    Input.EMOJI: "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd",
    Input.QUOTE: "Sinéad O'Brien; --",
    Input.HTML: '<b onclick="x()">&amp;</b>',
    Input.FORMAT: "%s %(name)s {0} ${x} {{7*7}} \\n",
    Input.DOTS: "../../etc/passwd",
    Input.CRLF: "one line\r\nX-Second: line",
    Input.RIGHT_TO_LEFT: "שלום مرحبا",
    Input.BIDI_OVERRIDE: "abc\u202edef",
}
VALUES: Mapping[Input, object] = {
    Input.MISSING: ABSENT,
    Input.NULL: None,
    Input.STRING: "no such value",
    Input.INTEGER: 12345,
    Input.BOOLEAN: True,
    Input.FRACTION: 1.5,
    Input.WHOLE_FRACTION: Literal("1.0"),
    Input.LIST: ["a"],
    Input.OBJECT: {"a": 1},
    Input.NEGATIVE: -1,
    Input.OVER_31_BITS: 2**31,
    Input.OVER_63_BITS: 2**63,
    Input.TEN_TO_THE_30: 10**30,
    Input.NOT_A_NUMBER: Literal("NaN"),
    Input.TOO_LONG: "x" * 5000,
    Input.NUL: NUL_TEXT,
    Input.LONE_SURROGATE: SURROGATE_TEXT,
    Input.CUT_BODY: Cut(),
    **TEXTS,
    Input.EMPTY: "",
    Input.BLANK: "   ",
    Input.ZERO: 0,
    Input.DIGITS: "7",
}
"""What a class is where a kind of field does not spell it in a way of its own."""

# how the classes that are no strings look in a path or a query
_SPELLED: Mapping[Input, str] = {
    Input.NULL: "null",
    Input.BOOLEAN: "true",
    Input.WHOLE_FRACTION: "1.0",
    Input.LIST: "[1]",
    Input.OBJECT: "{}",
    Input.NOT_A_NUMBER: "NaN",
    Input.NUL: "1%002",
    Input.LONE_SURROGATE: "%ED%A0%80",
    Input.BLANK: "%20",
    Input.TOO_LONG: "9" * 2000,
}
IN_A_URL = frozenset(Input) - {Input.MISSING, Input.CUT_BODY}
"""What can stand in a path or a query."""


def body_of(fields: Mapping[str, object]) -> bytes:
    """Write an object as JSON, with literals and cuts where they stand."""
    parts: list[str] = []
    for name, value in fields.items():
        if value is ABSENT:
            continue
        if isinstance(value, Cut):
            return ("{" + ",".join([*parts, f'{json.dumps(name)}: "cut he'])).encode()
        parts.append(f"{json.dumps(name)}: {_json(value)}")
    return ("{" + ",".join(parts) + "}").encode("utf-8")


def _json(value: object) -> str:
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(_json(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}: {_json(each)}" for key, each in value.items()) + "}"
    text = json.dumps(value, ensure_ascii=False)
    return text if re.search("[\ud800-\udfff]", text) is None else json.dumps(value)


def in_url(kind: Input, value: object) -> str:
    """Spell a value for a path or a query, percent-encoded."""
    if value is VALUES[kind] and kind in _SPELLED:
        found = _SPELLED[kind]
        return found if "%" in found else quote(found, safe="")
    return quote(str(value), safe="")
