"""Reading one field of an old client's body: which values are accepted and what they become.

The value rules are common to the three dialects; how a refusal looks is not, so a refusal only
carries its reason and the sentence the `wellbeing` field errors use. What a row's fields are called
stands in the row's module, as a tuple of `Field`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from gateway.exchange import Fields, JsonValue
from shared.blank_texts import is_blank
from shared.http.fields import folded_code, has_unstorable
from shared.mailbox_addresses import mailbox_address

REQUIRED_TEXT = "This field is required."
NULL_TEXT = "This field may not be null."
BLANK_TEXT = "This field may not be blank."
NO_STRING_TEXT = "Not a valid string."
NO_ADDRESS_TEXT = "Enter a valid email address."
NO_BOOLEAN_TEXT = "Must be a valid boolean."
NO_DATE_TEXT = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
DATE_RANGE_TEXT = "Date is out of range."

NAME_CHARACTERS = 128
PASSWORD_CHARACTERS = 128
PASSWORD_CHARACTERS_AT_LEAST = 8
JUDGED_CHARACTERS = 1024
CODE_CHARACTERS = 64
CODE_DIGITS = 6

_DIGITS = re.compile(r"[0-9]{1,16}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BOOLEAN_WORDS = {"true": True, "false": False, "1": True, "0": False}
_FIRST_DAY = date(1900, 1, 1)


class Reason(Enum):
    """Why a value is refused; the dialects answer some of them differently."""

    MISSING = auto()
    NULL = auto()
    BLANK = auto()
    WRONG_TYPE = auto()
    BAD = auto()
    OUT_OF_RANGE = auto()


ABSENT = frozenset({Reason.MISSING, Reason.NULL, Reason.BLANK, Reason.WRONG_TYPE})
"""What counts as missing in the single errors of `wellbeing`."""


class ValueRefused(Exception):
    """A value is not accepted; `text` is what the field errors of `wellbeing` say about it."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class Null(Enum):
    """What a null means for a field. It counts as missing unless the contract says that it clears;
    a required field that is null is refused in words of its own.
    """

    COUNTS_AS_MISSING = auto()
    CLEARS = auto()


Kind = Callable[[JsonValue], JsonValue]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a row: its name there, the name the service knows it by, and what it accepts."""

    name: str
    to: str
    kind: Kind
    is_required: bool = True
    null: Null = Null.COUNTS_AS_MISSING


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a body gave: values by the service's names, refusals by the row's names in
    the row's order.
    """

    values: Mapping[str, JsonValue]
    refusals: Mapping[str, ValueRefused]


def read_fields(fields: Fields, specification: Sequence[Field]) -> Reading:
    """Read every field of a row; a field that is optional and missing is in neither result."""
    values: dict[str, JsonValue] = {}
    refusals: dict[str, ValueRefused] = {}
    for each in specification:
        try:
            _read_into(values, fields, each)
        except ValueRefused as refused:
            refusals[each.name] = refused
    return Reading(values=values, refusals=refusals)


def _read_into(values: dict[str, JsonValue], fields: Fields, each: Field) -> None:
    value = fields.get(each.name)
    if value is not None:
        values[each.to] = each.kind(value)
    elif each.name in fields and each.null is Null.CLEARS:
        values[each.to] = None
    elif each.is_required and each.name in fields:
        raise ValueRefused(Reason.NULL, NULL_TEXT)
    elif each.is_required:
        raise ValueRefused(Reason.MISSING, REQUIRED_TEXT)


def read_required(fields: Fields, name: str, kind: Kind) -> JsonValue:
    """Read one required field.

    Raises:
        ValueRefused: it is missing, null or not accepted.
    """
    reading = read_fields(fields, (Field(name=name, to=name, kind=kind),))
    for refused in reading.refusals.values():
        raise refused
    return reading.values[name]


def with_alias(fields: Fields, name: str, alias: str) -> Fields:
    """Give the fields with `alias` read under `name` where `name` is missing or null."""
    if fields.get(name) is None and alias in fields:
        return {**fields, name: fields[alias]}
    return fields


def clean_string(value: JsonValue) -> str:
    """Give a string that can be stored and sent anywhere.

    Raises:
        ValueRefused: no string, or it holds NUL or a lone surrogate.
    """
    if not isinstance(value, str):
        raise ValueRefused(Reason.WRONG_TYPE, NO_STRING_TEXT)
    if has_unstorable(value):
        raise ValueRefused(Reason.BAD, NO_STRING_TEXT)
    return value


def _not_blank(text: str) -> str:
    if is_blank(text):
        raise ValueRefused(Reason.BLANK, BLANK_TEXT)
    return text


def _at_most(text: str, characters: int) -> str:
    if len(text) > characters:
        message = f"Ensure this field has no more than {characters} characters."
        raise ValueRefused(Reason.BAD, message)
    return text


def _normal(value: JsonValue) -> str:
    return unicodedata.normalize("NFC", clean_string(value))


def name_of(characters: int = NAME_CHARACTERS) -> Kind:
    """Make the kind of a person's name or alias: trimmed, NFC, no control characters, no bidi
    override.
    """

    def name(value: JsonValue) -> str:
        text = _not_blank(_normal(value).strip())
        if any(unicodedata.category(each) == "Cc" or each in _BIDI_OVERRIDES for each in text):
            raise ValueRefused(Reason.BAD, NO_STRING_TEXT)
        return _at_most(text, characters)

    return name


def text_of(characters: int, *, may_be_blank: bool = False) -> Kind:
    """Make the kind of a text: kept exactly as sent."""

    def text(value: JsonValue) -> str:
        found = clean_string(value)
        return _at_most(found if may_be_blank else _not_blank(found), characters)

    return text


def address(value: JsonValue) -> str:
    """Read an e-mail address: trimmed, lower case, at most 254 characters; nothing is looked up. It
    goes on as it was written, so that it can be shown so; the service makes its canonical form.
    """
    if not isinstance(value, str):
        raise ValueRefused(Reason.WRONG_TYPE, NO_STRING_TEXT)
    if not has_unstorable(value):
        _not_blank(value)
    try:
        return mailbox_address(value).shown
    except ValueError as error:
        raise ValueRefused(Reason.BAD, NO_ADDRESS_TEXT) from error


def password_to_judge(value: JsonValue) -> str:
    """Read a new password whose length and strength its service judges, so that all reasons come
    at once. One beyond what the service reads is cut: it stays too long.
    """
    text = _normal(value)
    if not text:
        raise ValueRefused(Reason.BLANK, BLANK_TEXT)
    return text[:JUDGED_CHARACTERS]


def password_to_compare(value: JsonValue) -> str:
    """Read a password that is only compared with the right one; no account has a longer one."""
    return _at_most(password_to_judge(value), PASSWORD_CHARACTERS)


def password_of_any_strength(value: JsonValue) -> str:
    """Read a new password where only its length is judged."""
    text = password_to_compare(value)
    if len(text) < PASSWORD_CHARACTERS_AT_LEAST:
        message = f"Ensure this field has at least {PASSWORD_CHARACTERS_AT_LEAST} characters."
        raise ValueRefused(Reason.BAD, message)
    return text


def code(value: JsonValue) -> str:
    """Read a mailed code: a string is folded, a number padded to six digits. What is no code stays
    wrong and is compared as such.

    A string of any length is cut to what the service reads; it cannot be right either way.
    """
    if type(value) is int:
        return str(value).zfill(CODE_DIGITS)[:CODE_CHARACTERS]
    text = _not_blank(_normal(value).strip())
    return (folded_code(text) or text)[:CODE_CHARACTERS]


def integer(value: JsonValue) -> int:
    """Read an integer: a JSON integer or a string of digits, never a boolean or a fraction."""
    if type(value) is int:
        return value
    text = clean_string(value)
    if not text.strip():
        raise ValueRefused(Reason.BLANK, BLANK_TEXT)
    if not _DIGITS.fullmatch(text):
        raise ValueRefused(Reason.BAD, "A valid integer is required.")
    return int(text)


def integer_between(lowest: int, highest: int) -> Kind:
    """Make the kind of an integer in a range, both ends included."""

    def bounded(value: JsonValue) -> int:
        number = integer(value)
        if not lowest <= number <= highest:
            message = f"Ensure this value is between {lowest} and {highest}."
            raise ValueRefused(Reason.OUT_OF_RANGE, message)
        return number

    return bounded


def boolean(value: JsonValue) -> bool:
    """Read a boolean: true, false, 1, 0, also as strings."""
    if isinstance(value, bool):
        return value
    word = str(value) if type(value) is int else value
    if isinstance(word, str) and word in _BOOLEAN_WORDS:
        return _BOOLEAN_WORDS[word]
    raise ValueRefused(Reason.BAD, NO_BOOLEAN_TEXT)


def day_until(latest: date) -> Kind:
    """Make the kind of a day from 1900 to `latest`, spelled YYYY-MM-DD."""

    def day(value: JsonValue) -> str:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueRefused(Reason.BAD, NO_DATE_TEXT)
        try:
            found = date.fromisoformat(value)
        except ValueError as error:
            raise ValueRefused(Reason.BAD, NO_DATE_TEXT) from error
        if not _FIRST_DAY <= found <= latest:
            raise ValueRefused(Reason.OUT_OF_RANGE, DATE_RANGE_TEXT)
        return value

    return day


def choice_of(*choices: str) -> Kind:
    """Make the kind of one of some words, spelled exactly."""

    def choice(value: JsonValue) -> str:
        if isinstance(value, str) and value in choices:
            return value
        shown = value if isinstance(value, str) else str(value)
        printable = shown.encode("utf-8", "replace").decode("utf-8")[:NAME_CHARACTERS]
        reason = Reason.BAD if isinstance(value, str) else Reason.WRONG_TYPE
        raise ValueRefused(reason, f'"{printable}" is not a valid choice.')

    return choice


def integers_listed(lowest: int, highest: int) -> Kind:
    """Make the kind of a set of small integers: a list, or a string like "10, 11, 24"; an empty
    string means none.
    """
    bounded = integer_between(lowest, highest)

    def numbers(value: JsonValue) -> list[JsonValue]:
        if isinstance(value, str):
            stripped = clean_string(value).strip()
            members: Sequence[JsonValue] = stripped.split(",") if stripped else ()
        elif isinstance(value, list):
            members = value
        else:
            raise ValueRefused(Reason.WRONG_TYPE, "Expected a list of items.")
        found = [bounded(each.strip() if isinstance(each, str) else each) for each in members]
        return list(dict.fromkeys(found))

    return numbers
