"""The strict JSON reader: what it refuses, and that it changes nothing it accepts."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import strict_json
from shared.strict_json import UnreadableJson, loads

REFUSED = {
    "nothing": b"",
    "blank": b"   ",
    "cut": b'{"a": 1',
    "two values": b"{} {}",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "comment": b"{} // x",
    "NaN": b'{"a": NaN}',
    "infinity": b"[Infinity]",
    "minus infinity": b"[-Infinity]",
    "a number beyond every float": b"[1e400]",
    "2^53 + 1": b"[9007199254740993]",
    "-2^53 - 1": b"[-9007199254740993]",
    "10^30": b"[" + b"1" + b"0" * 30 + b"]",
    "a million digits": b"[" + b"9" * 1_000_000 + b"]",
    "duplicate key": b'{"a": 1, "a": 2}',
    "duplicate key by escape": b'{"a": 1, "\\u0061": 2}',
    "duplicate key inside": b'{"x": [{"a": 1, "a": 2}]}',
    "NUL": b'["a\\u0000b"]',
    "NUL in a key": b'{"a\\u0000": 1}',
    "raw NUL": b'["a\x00b"]',
    "lone surrogate": b'["\\ud800"]',
    "lone low surrogate": b'["\\udc00"]',
    "lone surrogate in a key": b'{"\\udfff": 1}',
    "surrogate at top level": b'"\\ud800"',
    "no UTF-8": b'["\xff"]',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "100,000 brackets": b"[" * 100_000,
    "100,000 closed brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 braces": b'{"a":' * 100_000,
    "21 deep": b"[" * 21 + b"]" * 21,
    "201 items": json.dumps(list(range(201))).encode(),
    "201 keys": json.dumps({str(number): 1 for number in range(201)}).encode(),
    "201 items inside": json.dumps({"a": [list(range(201))]}).encode(),
}


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_is_refused(kind):
    with pytest.raises(UnreadableJson) as refused:
        loads(REFUSED[kind])
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"null", None),
        (b"9007199254740992", 2**53),
        (b"-9007199254740992", -(2**53)),
        (b"-0", 0),
        (b"1.5e3", 1500.0),
        (b'"\\ud83d\\ude42"', "🙂"),
        ('["é", "[[[[", "\\"{"]'.encode(), ["é", "[[[[", '"{']),
        (b"[" * 20 + b"]" * 20, eval("[" * 20 + "]" * 20)),  # noqa: S307 - twenty brackets
        (b'{"a": {"b": []}}', {"a": {"b": []}}),
    ],
)
def test_what_is_accepted(text, value):
    assert loads(text) == value


def test_brackets_in_strings_are_no_depth():
    text = json.dumps(["[" * 1000, {"a": "{" * 1000, '"[': "\\"}])
    assert loads(text) == json.loads(text)


def test_unstorable_strings_come_through_where_the_caller_refuses_them():
    assert loads(b'["\\ud800", "a\\u0000"]', has_checked_strings=False) == ["\ud800", "a\x00"]


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(storable, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_what_it_accepts_it_reads_as_the_standard_library_does(value):
    text = json.dumps(value)
    assert loads(text) == json.loads(text)
    assert json.loads(strict_json.dumps(value)) == json.loads(text)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused_and_nothing_else(raw):
    with suppress(UnreadableJson):
        loads(raw)
