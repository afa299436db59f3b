"""Comparing an answer with what an exchange expects, where ids, instants and tokens are masked.

A mask is a string in angle brackets that stands for a whole value; `<every>` as the only key of an
object in a list stands for every element of a list that is not empty.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

Check = Callable[[object], bool]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_INSTANT_IN_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_LABEL = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [1-9]\d? "
    r"(January|February|March|April|May|June|July|August|September|October|November|December)"
)
_COOKIE = re.compile(
    r"session=[\w-]+\.[\w-]+\.[\w-]+;(?=.*\bHttpOnly\b)(?=.*\bSecure\b)(?=.*\bSameSite=Lax\b).*"
)
_MASK = re.compile(r"<[^<>]+>")
EVERY = "<every>"


def _is_text_of(pattern: re.Pattern[str], reads: Callable[[str], object]) -> Check:
    def check(value: object) -> bool:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            return False
        try:
            reads(value)
        except ValueError:
            return False
        return True

    return check


def _is_hour(value: object) -> bool:
    return type(value) is int and 0 <= value <= 23


def _is_slots(value: object) -> bool:
    """Days with ascending whole hours, none empty."""
    return isinstance(value, dict) and all(
        _LABEL.fullmatch(label)
        and isinstance(hours, list)
        and hours
        and all(map(_is_hour, hours))
        and hours == sorted(set(hours))
        for label, hours in value.items()
    )


def _is_slot(value: object) -> bool:
    """One day with one hour."""
    return isinstance(value, dict) and [
        (bool(_LABEL.fullmatch(label)), _is_hour(hour)) for label, hour in value.items()
    ] == [(True, True)]


MASKS: Mapping[str, Check] = {
    "<any string>": lambda value: isinstance(value, str),
    "<any words>": lambda value: isinstance(value, str) and bool(value.strip()),
    "<bool>": lambda value: isinstance(value, bool),
    "<day>": _is_text_of(re.compile(r"\d{4}-\d\d-\d\d"), date.fromisoformat),
    "<free hours>": lambda value: _is_slots(value) and bool(value),
    "<instant>": _is_text_of(_INSTANT, datetime.fromisoformat),
    "<instant in seconds>": _is_text_of(_INSTANT_IN_SECONDS, datetime.fromisoformat),
    "<int>": lambda value: type(value) is int,
    "<float>": lambda value: isinstance(value, float),
    "<jwt>": _is_text_of(_JWT, str),
    "<list>": lambda value: isinstance(value, list),
    "<one hour>": _is_slot,
    "<parse error>": _is_text_of(re.compile(r"JSON parse error - .+"), str),
    "<session cookie>": _is_text_of(_COOKIE, str),
    "<url>": _is_text_of(re.compile(r"https?://\S+"), str),
}


def differences(
    expected: object, found: object, at: str = "$", *, may_have_more: bool = False
) -> list[str]:
    """Tell every place where an answer is not what an exchange expects; an empty list when it fits.

    With `may_have_more` an object may hold members the exchange does not name.

    Raises:
        ValueError: the exchange uses a mask that does not exist.
    """
    if isinstance(expected, str) and _MASK.fullmatch(expected):
        if expected not in MASKS:
            raise ValueError(f"there is no mask {expected}")
        return [] if MASKS[expected](found) else [f"{at}: expected {expected}, found {found!r}"]
    if isinstance(expected, dict) and isinstance(found, dict):
        return _object_differences(expected, found, at, may_have_more)
    if isinstance(expected, list) and isinstance(found, list):
        return _list_differences(expected, found, at, may_have_more)
    if type(expected) is type(found) and expected == found:
        return []
    return [f"{at}: expected {expected!r}, found {found!r}"]


def _object_differences(
    expected: dict[str, object], found: dict[str, object], at: str, may_have_more: bool
) -> list[str]:
    told = [f"{at}.{name}: missing" for name in expected if name not in found]
    if not may_have_more:
        told += [f"{at}.{name}: not expected" for name in found if name not in expected]
    for name in expected.keys() & found.keys():
        one, other = expected[name], found[name]
        told += differences(one, other, f"{at}.{name}", may_have_more=may_have_more)
    return told


def _list_differences(
    expected: list[object], found: list[object], at: str, may_have_more: bool
) -> list[str]:
    if len(expected) == 1 and isinstance(expected[0], dict) and list(expected[0]) == [EVERY]:
        if not found:
            return [f"{at}: expected at least one element"]
        expected = [expected[0][EVERY]] * len(found)
    if len(expected) != len(found):
        return [f"{at}: expected {len(expected)} elements, found {len(found)}"]
    told = []
    for number, (one, other) in enumerate(zip(expected, found, strict=True)):
        told += differences(one, other, f"{at}[{number}]", may_have_more=may_have_more)
    return told
