"""The one JSON reader for everything that comes from outside: strict where the standard library is
lenient.

Refused: no UTF-8, more than `MAX_DEPTH` nested containers, more than `MAX_MEMBERS` members in one
object or array, duplicate keys, NaN
and infinities, integers beyond 2^53, NUL and lone surrogates in any string.
"""

import json
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 20
MAX_MEMBERS = 200
MAX_INTEGER = 2**53


class UnreadableJson(ValueError):
    """The bytes are no acceptable JSON. The message is safe to show."""


def _refuse(reason: str) -> NoReturn:
    raise UnreadableJson(reason)


def _check_depth(text: str) -> None:
    """Count brackets outside strings before parsing, so that depth never reaches the recursive
    parser.
    """
    depth = 0
    in_string = False
    is_escaped = False
    for character in text:
        if in_string:
            if is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                _refuse("nested too deeply")
        elif character in "]}":
            depth -= 1


def _check_string(text: str) -> None:
    if "\x00" in text:
        _refuse("NUL character in a string")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        _refuse("lone surrogate in a string")


def _object_from(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, _ in pairs:
        _check_string(key)
    return _object_of_any_strings(pairs)


def _object_of_any_strings(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_MEMBERS:
        _refuse("too many members")
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            _refuse("duplicate key")
        result[key] = value
    return result


def _check_value(value: object, *, has_checked_strings: bool) -> None:
    """Walk arrays and strings; depth is bounded already."""
    if isinstance(value, str):
        if has_checked_strings:
            _check_string(value)
    elif isinstance(value, list):
        if len(value) > MAX_MEMBERS:
            _refuse("too many members")
        for item in value:
            _check_value(item, has_checked_strings=has_checked_strings)
    elif isinstance(value, dict):
        for item in value.values():
            _check_value(item, has_checked_strings=has_checked_strings)


def _integer_from(digits: str) -> int:
    if len(digits.lstrip("-")) > 16 or abs(int(digits)) > MAX_INTEGER:
        _refuse("integer out of range")
    return int(digits)


def _float_from(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        _refuse("number out of range")
    return number


def _constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON")


def loads(body: bytes | str, *, has_checked_strings: bool = True) -> Any:
    """Read one JSON value from UTF-8 bytes.

    Without `has_checked_strings` strings with NUL or lone surrogates come through, for a caller
    that refuses them field by field.

    Raises:
        UnreadableJson: anything the module's paragraph lists, or a syntax error.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
    except UnicodeDecodeError:
        raise UnreadableJson("not UTF-8") from None
    if text.startswith("\ufeff"):
        _refuse("byte order mark")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object_from if has_checked_strings else _object_of_any_strings,
            parse_int=_integer_from,
            parse_float=_float_from,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        message = f"{error.msg} at line {error.lineno} column {error.colno}"
        raise UnreadableJson(message) from None
    _check_value(value, has_checked_strings=has_checked_strings)
    return value


def dumps(value: object) -> bytes:
    """Write a value as compact UTF-8 JSON; keys must be strings, instants must be spelled
    already.
    """
    return orjson.dumps(value)
