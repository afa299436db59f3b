"""The whole table: every row has its pair, and no pair is brought down by what a client sends."""

from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.exchange import FieldRefused
from gateway.routes import LEGACY_ROWS
from gateway.tests.good_requests import GOOD_REQUESTS
from gateway.tests.translations.rows import (
    SURROUNDINGS,
    answered,
    identity_of,
    problem,
    request_with,
    sent,
)
from gateway.translations import TRANSLATIONS

ROWS = (
    *(f"W{number}" for number in range(1, 25)),
    *(f"A{number}" for number in range(1, 9)),
    *(f"M{number}" for number in range(1, 13)),
    "MX",
)
NAMES = (
    "email",
    "password",
    "first_name",
    "last_name",
    "user_name",
    "role",
    "code",
    "id",
    "old_password",
    "new_password",
    "birth_date",
    "gender",
    "speciality",
    "existing_password",
    "session_id",
    "message",
    "user_mail",
    "user_email",
    "psy_id",
    "psy_time_slots",
    "time_token",
    "text",
    "user_age",
    "user_experience",
    "user_isindividual",
    "user_filters",
    "user_sex_preference",
    "user_time_preference",
    "user_selected_time",
    "user_cash_preference",
    "card_name",
    "card_number",
    "card_exp",
    "card_ccv",
    "problems",
    "more_problems",
    "call_me",
    "email_notification",
    "picture",
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["anna@example.org", "5", "F", "user", "password1", "2000-01-01", 5]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=12), st.integers(), max_size=2),
)


def test_every_row_of_the_contracts_has_its_pair():
    assert tuple(number for number in TRANSLATIONS if number in ROWS) == ROWS
    served = {row.number for row in LEGACY_ROWS if row.service is not None}
    assert set(TRANSLATIONS) == served


def test_the_table_cannot_be_changed():
    assert isinstance(TRANSLATIONS, MappingProxyType)


def test_no_two_rows_share_a_constant():
    assert len({id(pair) for pair in TRANSLATIONS.values()}) == len(TRANSLATIONS)


OPTIONAL = {
    "W17": (
        "email_notification",
        "appointments_notification",
        "results_notification",
        "marketing_email",
    ),
    "M3": ("user_filters", "user_selected_time"),
    "M5": ("psy_id", "psy_time_slots"),
    "M7": ("psy_time_slots", "time_token"),
    "M12": ("psy_id", "problems", "more_problems", "call_me"),
}
CLEARED_BY_NULL = {"W13": ("birth_date", "gender", "speciality")}


@pytest.mark.parametrize("row", OPTIONAL)
def test_null_in_an_optional_field_is_as_if_it_were_missing(row):
    good = next(each for each in GOOD_REQUESTS if each.row.number == row)
    without = {name: value for name, value in good.fields.items() if name not in OPTIONAL[row]}
    with_nulls = {**without, **dict.fromkeys(OPTIONAL[row])}
    assert sent(row, with_nulls) == sent(row, without)


def test_a_sent_hour_takes_a_null_token_for_none():
    hours = [each for each in GOOD_REQUESTS if "psy_time_slots" in each.fields]
    assert {each.row.number for each in hours} == {"M5", "M7"}
    for each in hours:
        asked = sent(each.row.number, {**each.fields, "time_token": None})
        assert asked == sent(each.row.number, each.fields)


def test_only_where_the_contract_says_so_null_clears():
    for row, names in CLEARED_BY_NULL.items():
        cleared = sent(row, dict.fromkeys(names)).json
        assert list(cleared.values()) == [None] * len(names)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200)
@given(
    row=st.sampled_from(ROWS),
    fields=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12),
    path_id=st.text(max_size=5),
)
def test_whatever_a_client_sends_is_translated_or_refused_in_form(row, fields, path_id):
    query = {name: value for name, value in fields.items() if isinstance(value, str)}
    request = request_with(
        fields, query=query, path_parameters={"id": path_id}, identity=identity_of(5)
    )
    try:
        made = TRANSLATIONS[row].to_service(request, SURROUNDINGS)
    except FieldRefused as refusal:
        outcome: object = refusal.answer.json
        is_in_form = bool(outcome) and (400 <= refusal.answer.status < 500 or row.startswith("M"))
    else:
        outcome = made
        prefix = "/internal/v1/" if made.is_internal else "/api/v1/"
        is_in_form = made.path.startswith(prefix) and made.path.isascii()
    assert is_in_form, outcome


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422])
def test_a_refusal_with_an_unknown_code_still_answers_in_form(row, status):
    answer = answered(row, problem(status, "never_heard_of"), {"psy_id": 41})
    if row.startswith("M"):
        assert answer.status == 200
        assert answer.json["status"] is False
        assert isinstance(answer.json["error"], str)
    else:
        assert answer.status in (400, 401, 403, 404, 409, 413, 500)
        assert isinstance(answer.json, dict)
