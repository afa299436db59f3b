"""Every kind of field against the input classes that are tried on every field of the platform."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.translations import fields as kinds
from gateway.translations.fields import Field, Null, Reason, ValueRefused, read_fields
from gateway.translations.identifiers import body_id, is_path_id

WRONG_TYPES: tuple[object, ...] = (5, 1.5, True, [], ["a"], {}, {"a": 1})
UNREADABLE = ("a\x00b", "\ud800", "x\udfff")
KEPT_IN_NAMES = (
    "O'Brien",
    "'; DROP TABLE accounts; --",
    "<b>Anna</b>",
    "../../etc/passwd",
    "👩‍👩‍👧",
    "דנה",
    "Анна-Мария",
    "zero\u200dwidth",
)
KEPT_IN_TEXTS = (*KEPT_IN_NAMES, "one\r\ntwo", "  spaces  ", "\u202eoverride", "e\u0301")


def refusal_of(kind, value) -> Reason:
    with pytest.raises(ValueRefused) as caught:
        kind(value)
    return caught.value.reason


STRINGS = {
    "name": kinds.name_of(),
    "text": kinds.text_of(4000),
    "address": kinds.address,
    "password to judge": kinds.password_to_judge,
    "password to compare": kinds.password_to_compare,
    "password of any strength": kinds.password_of_any_strength,
}


@pytest.mark.parametrize("kind", STRINGS.values(), ids=STRINGS)
@pytest.mark.parametrize("value", WRONG_TYPES, ids=repr)
def test_a_string_field_refuses_other_json_types(kind, value):
    assert refusal_of(kind, value) is Reason.WRONG_TYPE


@pytest.mark.parametrize("kind", STRINGS.values(), ids=STRINGS)
@pytest.mark.parametrize("value", UNREADABLE, ids=ascii)
def test_a_string_field_refuses_nul_and_lone_surrogates(kind, value):
    assert refusal_of(kind, value) is Reason.BAD


@pytest.mark.parametrize("kind", STRINGS.values(), ids=STRINGS)
def test_a_string_field_refuses_an_empty_string_as_blank(kind):
    assert refusal_of(kind, "") is Reason.BLANK


@pytest.mark.parametrize("value", KEPT_IN_NAMES)
def test_a_name_is_kept_exactly(value):
    assert kinds.name_of()(value) == value


@pytest.mark.parametrize("value", KEPT_IN_TEXTS)
def test_a_text_is_kept_exactly(value):
    assert kinds.text_of(4000)(value) == value


def test_a_name_is_trimmed_and_composed():
    assert kinds.name_of()("  Rene\u0301 \n") == "Ren\u00e9"


@pytest.mark.parametrize("value", ["a\u202eb", "a\u2066b", "a\nb", "a\tb", "a\x7fb"], ids=ascii)
def test_a_name_refuses_bidi_overrides_and_control_characters(value):
    assert refusal_of(kinds.name_of(), value) is Reason.BAD


def test_a_name_may_fill_its_length_and_no_more():
    assert kinds.name_of(64)("n" * 64) == "n" * 64
    assert refusal_of(kinds.name_of(64), "n" * 65) is Reason.BAD


def test_a_length_is_counted_after_trimming_and_composing():
    assert kinds.name_of(3)("  e\u0301e\u0301e\u0301  ") == "\u00e9" * 3


@pytest.mark.parametrize(
    "value",
    ["   ", "\u00a0", "\r\n\t", "\u200b", "\u2800", "\u3164", "\u00ad", "\ufeff", " \u0301 "],
    ids=ascii,
)
def test_a_name_or_text_of_spaces_is_blank(value):
    assert refusal_of(kinds.name_of(), value) is Reason.BLANK
    assert refusal_of(kinds.text_of(10), value) is Reason.BLANK


def test_a_text_that_may_be_blank_keeps_an_empty_string():
    assert kinds.text_of(10, may_be_blank=True)("") == ""


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Vasya@Mail.RU", "vasya@mail.ru"),
        ("  anna@example.org ", "anna@example.org"),
        ("anna@clinic.example", "anna@clinic.example"),
        ("anna@hearth.test", "anna@hearth.test"),
        ("anna+tag@example.com", "anna+tag@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
    ],
)
def test_an_address_is_trimmed_and_kept_in_lower_case(value, kept):
    assert kinds.address(value) == kept


@pytest.mark.parametrize(
    "value",
    [
        "anna",
        "anna@",
        "@example.org",
        "anna@@example.org",
        "anna@example..org",
        "anna b@example.org",
        "Anna <anna@example.org>",
        "anna@example.org,eva@example.org",
        "anna@example.org\r\nBcc: eva@example.org",
        "a@" + "b" * 250 + ".org",
        "../etc/passwd",
    ],
)
def test_a_malformed_address_is_refused(value):
    assert refusal_of(kinds.address, value) is Reason.BAD


def test_a_password_keeps_its_spaces():
    assert kinds.password_to_compare("  secret  ") == "  secret  "


def test_a_password_of_spaces_is_no_blank():
    assert kinds.password_of_any_strength(" " * 8) == " " * 8


def test_a_password_is_composed_before_it_is_compared():
    assert kinds.password_to_compare("e\u0301" * 8) == "\u00e9" * 8


@pytest.mark.parametrize("length", [7, 129])
def test_a_new_password_outside_its_length_is_refused(length):
    assert refusal_of(kinds.password_of_any_strength, "p" * length) is Reason.BAD


def test_a_password_that_is_judged_elsewhere_has_no_length_here():
    assert kinds.password_to_judge("p" * 1000) == "p" * 1000


def test_a_password_longer_than_its_service_reads_is_cut_and_stays_too_long():
    assert kinds.password_to_judge("p" * 60_000) == "p" * 1024


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("012345", "012345"),
        (" 012345 ", "012345"),
        (12345, "012345"),
        (0, "000000"),
        ("12345", "12345"),
        (1234567, "1234567"),
        (-1, "-00001"),
        ("abc", "abc"),
        ("9" * 500, "9" * 64),
    ],
)
def test_a_code_is_a_string_or_a_padded_number(value, read):
    assert kinds.code(value) == read


@pytest.mark.parametrize("value", [True, 1.5, [1], {}], ids=repr)
def test_a_code_of_another_type_is_refused(value):
    assert refusal_of(kinds.code, value) is Reason.WRONG_TYPE


@pytest.mark.parametrize("value", [0, 7, "7", "007", -3, "0", 10**16 - 1])
def test_an_integer_may_be_digits(value):
    assert kinds.integer(value) == int(value)


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, [], [1], {}], ids=repr)
def test_an_integer_is_no_boolean_no_fraction_no_container(value):
    assert refusal_of(kinds.integer, value) is Reason.WRONG_TYPE


@pytest.mark.parametrize(
    "value", ["abc", "1.0", "-1", "+1", " 1", "1e3", "٣", "1_000", "NaN", "9" * 17]
)
def test_a_string_that_is_no_number_is_no_integer(value):
    assert refusal_of(kinds.integer, value) is Reason.BAD


@pytest.mark.parametrize("value", [2**31, 2**53, -1, 121, "9999999999999999"])
def test_an_integer_outside_its_range_is_refused(value):
    kind = kinds.integer_between(16, 120)
    with pytest.raises(ValueRefused):
        kind(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("true", True),
        ("false", False),
        ("1", True),
        ("0", False),
    ],
)
def test_a_boolean_has_eight_spellings(value, read):
    assert kinds.boolean(value) is read


@pytest.mark.parametrize("value", [2, -1, 1.0, 0.0, "yes", "", " true", [], [True], {}], ids=repr)
def test_another_value_is_no_boolean(value):
    with pytest.raises(ValueRefused):
        kinds.boolean(value)


@pytest.mark.parametrize("value", ["1900-01-01", "2026-07-01", "2000-02-29"])
def test_a_day_is_kept_as_sent(value):
    assert kinds.day_until(date(2026, 7, 1))(value) == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-07-02", Reason.OUT_OF_RANGE),
        ("1899-12-31", Reason.OUT_OF_RANGE),
        ("2001-02-29", Reason.BAD),
        ("0000-01-01", Reason.BAD),
        ("01.02.2000", Reason.BAD),
        ("20000101", Reason.BAD),
        ("2000-W01-1", Reason.BAD),
        ("2000-1-1", Reason.BAD),
        ("2000-01-01T00:00", Reason.BAD),
        ("", Reason.BAD),
        (20000101, Reason.BAD),
        (True, Reason.BAD),
        ([], Reason.BAD),
        ("\u0662000-01-01", Reason.BAD),
    ],
)
def test_another_day_is_refused(value, reason):
    assert refusal_of(kinds.day_until(date(2026, 7, 1)), value) is reason


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("female", '"female" is not a valid choice.'),
        ("f", '"f" is not a valid choice.'),
        ("", '"" is not a valid choice.'),
        ("X", '"X" is not a valid choice.'),
        (1, '"1" is not a valid choice.'),
        ("\ud800", '"?" is not a valid choice.'),
    ],
)
def test_another_choice_is_named_in_the_refusal(value, text):
    with pytest.raises(ValueRefused) as caught:
        kinds.choice_of("F", "M")(value)
    assert caught.value.text == text


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("10, 11, 24", [10, 11, 24]),
        ("10,11,24", [10, 11, 24]),
        ([10, "11", 24], [10, 11, 24]),
        ("", []),
        ("  ", []),
        ([], []),
        ("5", [5]),
        ([5, 5, 3], [5, 3]),
    ],
)
def test_a_list_of_integers_may_be_a_string(value, read):
    assert kinds.integers_listed(0, 28)(value) == read


@pytest.mark.parametrize(
    "value",
    [10, True, {}, "10,,11", "a", "29", [29], [-1], [1.0], [True], [[1]], [None], "10;11"],
    ids=repr,
)
def test_another_list_of_integers_is_refused(value):
    with pytest.raises(ValueRefused):
        kinds.integers_listed(0, 28)(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0, Reason.OUT_OF_RANGE),
        (-5, Reason.OUT_OF_RANGE),
        (2**53 + 1, Reason.OUT_OF_RANGE),
        ("abc", Reason.BAD),
        ("", Reason.BLANK),
        (1.5, Reason.WRONG_TYPE),
        (True, Reason.WRONG_TYPE),
        ([], Reason.WRONG_TYPE),
    ],
)
def test_what_nobody_can_have_is_no_id(value, reason):
    assert refusal_of(body_id, value) is reason


@pytest.mark.parametrize("text", ["1", "007", "1234567890123456"])
def test_a_path_id_is_digits(text):
    assert is_path_id(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "abc", "1 ", "٣", "12345678901234567"])
def test_another_segment_is_no_path_id(text):
    assert not is_path_id(text)


OPTIONAL = Field(name="old", to="new", kind=kinds.name_of(), is_required=False)


@pytest.mark.parametrize(
    ("null", "sent", "values", "refused"),
    [
        (Null.COUNTS_AS_MISSING, {"old": None}, {}, []),
        (Null.CLEARS, {"old": None}, {"new": None}, []),
        (Null.CLEARS, {}, {}, []),
    ],
)
def test_null_means_what_the_field_says(null, sent, values, refused):
    specification = (Field(name="old", to="new", kind=OPTIONAL.kind, is_required=False, null=null),)
    reading = read_fields(sent, specification)
    assert (dict(reading.values), list(reading.refusals)) == (values, refused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ALL_KINDS = (
    *STRINGS.values(),
    kinds.code,
    kinds.integer,
    kinds.boolean,
    kinds.integer_between(0, 3),
    kinds.day_until(date(2026, 7, 1)),
    kinds.choice_of("F", "M"),
    kinds.integers_listed(0, 28),
    body_id,
)


@given(kind=st.sampled_from(ALL_KINDS), value=JSON)
def test_no_value_brings_a_kind_down(kind, value):
    specification = (Field(name="field", to="field", kind=kind),)
    reading = read_fields({"field": value}, specification)
    assert len(reading.values) + len(reading.refusals) == 1
