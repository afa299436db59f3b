"""M1 to M12 and the extra logout: HTTP 200 always, the first bad field by name, else a sentence."""

from typing import Any

import pytest

from gateway.tests.translations.rows import answered, done, problem, refused, sent, shown

LOG_IN = {"user_mail": "Vasya@Mail.RU", "password": "password"}
REGISTER = {"user_name": " Vasya ", **LOG_IN}
PREFERENCES = {
    "user_age": 30,
    "user_experience": True,
    "user_isindividual": True,
    "user_filters": "10, 11, 24",
    "user_sex_preference": 2,
    "user_time_preference": 2,
    "user_selected_time": 3,
    "user_cash_preference": 3,
}
CARD = {
    "card_name": "VASYA PUPKIN",
    "card_number": "4242 4242 4242 4242",
    "card_exp": "07/26",
    "card_ccv": "123",
}
PRACTITIONER = {
    "id": 41,
    "name": "Petya",
    "photo_url": "/somewhere",
    "information": "text",
    "education": "more text",
    "therapy_types": ["individual"],
    "session_minutes": 50,
    "price_minor_units": 1_000_000,
    "currency": "HUF",
}
PHOTO = "https://hearth.example/api/v1/pictures/41"
OFFER = {
    "psy_id": 41,
    "psy_name": "Petya",
    "psy_photo": PHOTO,
    "psy_session_type": "Индивидуальная",
    "psy_session_time": "50 минут",
    "psy_session_cost": 10000,
}
STARTS = ["2026-07-03T07:00:00.000000Z", "2026-07-02T09:00:00.000000Z", "2026-07-02T07:00:00Z"]
SLOTS = {"Thu 2 July": [9, 11], "Fri 3 July": [9]}
HOUR = {"psy_id": 41, "psy_time_slots": {"Thu 2 July": 9}}


def ok(**members):
    return 200, {"status": True, **members}


def no(text: str, **members):
    return 200, {"status": False, "error": text, **members}


def incorrect(name: str, **members):
    return no(f"Incorrect field: {name}", **members)


# M1, M2


@pytest.mark.parametrize("key", ["user_mail", "user_email"])
def test_m1_logs_in_by_either_key(key):
    made = sent("M1", {key: "Vasya@Mail.RU", "password": "password"})
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/login-sessions",
        True,
    )
    assert made.json == {
        "email": "vasya@mail.ru",
        "password": "password",
        "opened_through": "matching",
        "require_verified": False,
    }


def test_user_mail_is_read_before_user_email():
    fields = {**LOG_IN, "user_email": "other@mail.ru"}
    assert sent("M1", fields).json["email"] == "vasya@mail.ru"
    assert sent("M1", {**fields, "user_mail": None}).json["email"] == "other@mail.ru"


@pytest.mark.parametrize(("row", "fields"), [("M1", LOG_IN), ("M2", REGISTER)])
def test_logging_in_and_registering_give_a_session_and_set_the_cookie(row, fields):
    answer = answered(row, done({"access_token": "a.b.c"}, 201), fields)
    assert shown(answer) == ok(session="a.b.c")
    assert answer.session_cookie == "a.b.c"


def test_m1_sends_an_account_with_a_second_factor_elsewhere():
    answer = answered("M1", problem(401, "second_factor_elsewhere"), LOG_IN)
    text = "This account needs a second factor. Log in with the new application."
    assert shown(answer) == no(text, session="")


def test_m1_refuses_wrong_credentials_with_an_empty_session():
    answer = answered("M1", problem(401, "invalid_credentials"), LOG_IN)
    assert shown(answer) == no("login error: incorrect email/password", session="")
    assert answer.session_cookie is None


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"password": "password"}, "user_mail"),
        ({"user_mail": None, "password": "password"}, "user_mail"),
        ({"user_mail": "vasya", "password": "password"}, "user_mail"),
        ({"user_mail": 5, "password": None}, "user_mail"),
        ({"user_mail": "vasya@mail.ru"}, "password"),
        ({"user_mail": "vasya@mail.ru", "password": ""}, "password"),
        ({"user_mail": "vasya@mail.ru", "password": 12345678}, "password"),
        ({"user_mail": "vasya@mail.ru", "password": "p" * 129}, "password"),
        ({"user_mail": "vasya@mail.ru", "password": "p\x00"}, "password"),
    ],
    ids=repr,
)
def test_m1_names_the_first_bad_field(fields, name):
    assert shown(refused("M1", fields)) == incorrect(name, session="")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            problem(422, "invalid_request", errors={"email": ["no"]}),
            incorrect("user_mail", session=""),
        ),
        (problem(400, "unreadable_body"), no("Internal server error", session="")),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_every_refusal_of_m1_has_an_empty_session(response, expected):
    assert shown(answered("M1", response, LOG_IN)) == expected


def test_m2_opens_an_account():
    made = sent("M2", REGISTER, locale="ru")
    assert (made.method, made.path, made.is_internal) == ("POST", "/internal/v1/accounts", True)
    assert made.json == {
        "first_name": "Vasya",
        "last_name": "",
        "email": "vasya@mail.ru",
        "password": "password",
        "role": "client",
        "locale": "ru",
        "opened_through": "matching",
    }


def test_m2_refuses_a_taken_address():
    answer = answered("M2", problem(409, "email_taken"), REGISTER)
    assert shown(answer) == no("registration error, user exists")


@pytest.mark.parametrize("field", REGISTER)
@pytest.mark.parametrize(
    "value", [None, "", 5, 1.5, True, [], {}, "a\x00", "\ud800", "x" * 300], ids=ascii
)
def test_m2_names_a_bad_field(field, value):
    assert shown(refused("M2", {**REGISTER, field: value})) == incorrect(field)


def test_m2_accepts_a_weak_password_but_no_short_one():
    assert sent("M2", {**REGISTER, "password": "12345678"}).json["password"] == "12345678"
    assert shown(refused("M2", {**REGISTER, "password": "1234567"})) == incorrect("password")
    rejected = problem(422, "password_rejected", reasons=["too_short"])
    assert shown(answered("M2", rejected, REGISTER)) == incorrect("password")


# M3


def test_m3_replaces_the_preferences():
    made = sent("M3", PREFERENCES)
    assert (made.method, made.path) == ("PUT", "/api/v1/matching-preferences/me")
    assert made.json == {
        "age": 30,
        "has_experience": True,
        "therapy_type": "individual",
        "topics": [10, 11, 24],
        "preferred_gender": "any",
        "time_preference": "specific",
        "preferred_hour": 3,
        "price_band": 3,
    }
    assert shown(answered("M3", done({}), PREFERENCES)) == ok()


def test_m3_reads_the_strings_of_a_form():
    fields = {
        "user_age": "30",
        "user_experience": "0",
        "user_isindividual": "false",
        "user_filters": "",
        "user_sex_preference": "0",
        "user_time_preference": "1",
        "user_cash_preference": "0",
    }
    assert sent("M3", fields).json == {
        "age": 30,
        "has_experience": False,
        "therapy_type": "couple",
        "topics": [],
        "preferred_gender": "man",
        "time_preference": "nearest",
        "preferred_hour": None,
        "price_band": 0,
    }


@pytest.mark.parametrize(
    ("field", "to", "words"),
    [
        ("user_sex_preference", "preferred_gender", ["man", "woman", "any"]),
        ("user_time_preference", "time_preference", ["any", "nearest", "specific"]),
    ],
)
def test_m3_turns_codes_into_words(field, to, words):
    read = [sent("M3", {**PREFERENCES, field: code}).json[to] for code in range(3)]
    assert read == words


@pytest.mark.parametrize("filters", [None, "", []])
def test_m3_reads_no_filters_as_none(filters):
    assert sent("M3", {**PREFERENCES, "user_filters": filters}).json["topics"] == []


REQUIRED_PREFERENCES = [
    name for name in PREFERENCES if name not in ("user_filters", "user_selected_time")
]


@pytest.mark.parametrize("field", REQUIRED_PREFERENCES)
@pytest.mark.parametrize("value", [None, "", "abc", 1.5, -1, 2**31, [], {}, "1\x00"], ids=repr)
def test_m3_names_a_bad_field(field, value):
    assert shown(refused("M3", {**PREFERENCES, field: value})) == incorrect(field)
    without = {name: kept for name, kept in PREFERENCES.items() if name != field}
    assert shown(refused("M3", without)) == incorrect(field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_age", 15),
        ("user_age", 121),
        ("user_age", True),
        ("user_experience", 2),
        ("user_sex_preference", 3),
        ("user_sex_preference", True),
        ("user_time_preference", 3),
        ("user_cash_preference", 4),
        ("user_filters", "29"),
        ("user_filters", [0, -1]),
        ("user_filters", [1.5]),
        ("user_filters", 5),
        ("user_filters", "a, b"),
        ("user_selected_time", 24),
        ("user_selected_time", -1),
        ("user_selected_time", ""),
        ("user_selected_time", True),
        ("user_selected_time", 9.0),
    ],
)
def test_m3_refuses_what_is_out_of_its_range(field, value):
    assert shown(refused("M3", {**PREFERENCES, field: value})) == incorrect(field)


@pytest.mark.parametrize("preference", [0, 1])
def test_m3_checks_the_hour_always_and_sends_it_only_when_asked_for(preference):
    fields = {**PREFERENCES, "user_time_preference": preference}
    assert sent("M3", fields).json["preferred_hour"] is None
    answer = refused("M3", {**fields, "user_selected_time": 24})
    assert shown(answer) == incorrect("user_selected_time")


def test_m3_requires_the_hour_when_a_specific_time_is_preferred():
    answer = refused("M3", {**PREFERENCES, "user_selected_time": None})
    assert shown(answer) == incorrect("user_selected_time")


def test_m3_names_the_first_bad_field_in_the_listed_order():
    assert shown(refused("M3", {"user_cash_preference": 9})) == incorrect("user_age")


def test_m3_names_a_field_only_the_service_refuses():
    rejected = problem(422, "invalid_request", errors={"topics": ["no"]})
    assert shown(answered("M3", rejected, PREFERENCES)) == incorrect("user_filters")


# M4, M5's list

LISTS = [("M4", {}), ("M5", {}), ("M5", {"psy_id": None, "psy_time_slots": None})]


@pytest.mark.parametrize(("row", "fields"), LISTS)
def test_the_list_asks_for_matches(row, fields):
    made = sent(row, fields, locale="ru")
    assert (made.method, made.path) == ("GET", "/api/v1/matches")
    assert made.query == {
        "days": "28",
        "limit": "50",
        "whole_hours_in": "Europe/Budapest",
        "locale": "ru",
    }


@pytest.mark.parametrize(("row", "fields"), LISTS)
def test_the_list_shows_therapists_with_their_hours(row, fields):
    match = {"practitioner": PRACTITIONER, "slots": STARTS, "meets": [], "relaxed": []}
    answer = answered(row, done({"items": [match]}), fields)
    told = {**OFFER, "psy_info": "text", "psy_edu": "more text", "psy_time_slots": SLOTS}
    assert shown(answer) == ok(data=[told])
    assert list(answer.json["data"][0]["psy_time_slots"]) == ["Thu 2 July", "Fri 3 July"]


def test_the_list_keeps_the_order_and_leaves_out_who_has_no_hour_to_show():
    matches = [
        {"practitioner": {**PRACTITIONER, "id": 3}, "slots": STARTS},
        {"practitioner": {**PRACTITIONER, "id": 2}, "slots": ["2026-07-02T07:30:00Z"]},
        {"practitioner": {**PRACTITIONER, "id": 1}, "slots": STARTS},
    ]
    data = answered("M4", done({"items": matches})).json["data"]
    assert [each["psy_id"] for each in data] == [3, 1]


@pytest.mark.parametrize(
    ("types", "word"),
    [
        (["individual"], "Индивидуальная"),
        (["couple"], "Парная"),
        (["couple", "individual"], "Индивидуальная и парная"),
    ],
)
def test_the_therapy_types_have_words(types, word):
    match = {"practitioner": {**PRACTITIONER, "therapy_types": types}, "slots": STARTS}
    assert answered("M4", done({"items": [match]})).json["data"][0]["psy_session_type"] == word


@pytest.mark.parametrize(("currency", "whole"), [("HUF", 90), ("JPY", 9000), ("KWD", 9)])
def test_whole_units_are_those_of_the_currency(currency, whole):
    money = {"price_minor_units": 9000, "currency": currency}
    match = {"practitioner": {**PRACTITIONER, **money}, "slots": STARTS}
    assert answered("M4", done({"items": [match]})).json["data"][0]["psy_session_cost"] == whole
    booked = appointment(1, "2026-07-02T07:00:00.000000Z", **money)
    assert answered("M11", done({"items": [booked]})).json["data"][0]["psy_session_cost"] == whole


@pytest.mark.parametrize(
    ("minor", "whole"), [(1_000_000, 10000), (1_000_050, 10001), (1_000_049, 10000), (0, 0)]
)
def test_a_price_is_shown_in_whole_units(minor, whole):
    match = {"practitioner": {**PRACTITIONER, "price_minor_units": minor}, "slots": STARTS}
    assert answered("M4", done({"items": [match]})).json["data"][0]["psy_session_cost"] == whole


# M5


@pytest.mark.parametrize("row", ["M5", "M7"])
@pytest.mark.parametrize(
    "slots", [{"Thu 2 July": 9}, {"Thu 2 July": "9"}, {"Thu 2 July": [9]}, '{"Thu 2 July": 9}']
)
def test_choosing_an_hour(row, slots):
    made = sent(row, {"psy_id": "41", "psy_time_slots": slots})
    assert (made.method, made.path) == ("POST", "/api/v1/selections")
    only_move = {"only_move": True} if row == "M7" else {}
    expected = {"practitioner_id": 41, "starts_at": "2026-07-02T07:00:00.000000Z", **only_move}
    assert made.json == expected
    for status, outcome in ((201, "booked"), (200, "moved"), (200, "unchanged")):
        assert shown(answered(row, done({"outcome": outcome}, status), HOUR)) == ok()


@pytest.mark.parametrize("row", ["M5", "M7"])
def test_a_time_token_is_sent_on(row):
    made = sent(row, {**HOUR, "time_token": "t-1"})
    assert made.json["reschedule_token"] == "t-1"
    assert "reschedule_token" not in sent(row, {**HOUR, "time_token": None}).json


@pytest.mark.parametrize("row", ["M5", "M7"])
@pytest.mark.parametrize("token", ["", 5, True, [], {}, "t\x00", "t" * 513], ids=repr)
def test_a_time_token_that_cannot_be_good_is_refused(row, token):
    assert shown(refused(row, {**HOUR, "time_token": token})) == no("Invalid time token")


@pytest.mark.parametrize("row", ["M5", "M7"])
@pytest.mark.parametrize(
    "slots",
    [
        {},
        {"Fri 31 February": 9},
        {"Fri 2 July": 9},
        {"Thu 2 July": 24},
        {"Thu 2 July": True},
        {"Thu 2 July": [9, 11]},
        {"Thu 2 July": 9, "Fri 3 July": 9},
        '{"Thu 2 July": 9.5}',
        {"2026-07-02": 9},
    ],
    ids=repr,
)
def test_an_hour_that_names_no_instant_is_not_available(row, slots):
    answer = refused(row, {"psy_id": 41, "psy_time_slots": slots})
    assert shown(answer) == no("This time is not available")


@pytest.mark.parametrize("row", ["M5", "M7"])
@pytest.mark.parametrize(
    "slots",
    ["", "{", "[]", "5", "null", 5, True, [], [9], "[" * 60_000, '{"a":1,"a":2}'],
    ids=lambda value: repr(value)[:20],
)
def test_slots_that_are_no_object_are_a_bad_field(row, slots):
    answer = refused(row, {"psy_id": 41, "psy_time_slots": slots})
    assert shown(answer) == incorrect("psy_time_slots")


def test_m5_requires_both_fields():
    assert shown(refused("M5", {"psy_id": 41})) == incorrect("psy_time_slots")
    assert shown(refused("M5", {"psy_time_slots": {"Thu 2 July": 9}})) == incorrect("psy_id")


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (404, "practitioner_not_found", "Unknown therapist"),
        (409, "slot_taken", "This time is not available"),
        (409, "hour_not_offered", "This time is not available"),
        (409, "client_busy", "This time is not available"),
        (422, "invalid_request", "This time is not available"),
        (409, "has_another_therapist", "You already have a therapist"),
        (409, "too_late_to_move", "Too late to move"),
        (422, "reschedule_token_invalid", "Invalid time token"),
    ],
)
def test_m5_refusals(status, code, text):
    assert shown(answered("M5", problem(status, code), HOUR)) == no(text)


# rows that name a therapist

NAMING: dict[str, Any] = {
    "M5": (HOUR, "Unknown therapist"),
    "M7": ({"psy_id": 41}, "Not your therapist"),
    "M8": ({"psy_id": 41, "text": "hello"}, "Not your therapist"),
    "M9": ({"psy_id": 41}, "Unknown therapist"),
    "M12": ({"psy_id": 41}, "Not your therapist"),
}


@pytest.mark.parametrize("row", NAMING)
@pytest.mark.parametrize("value", ["", "abc", "-1", 1.5, True, [], {}, "1\x00"], ids=repr)
def test_a_therapist_is_named_by_an_integer(row, value):
    fields, _ = NAMING[row]
    assert shown(refused(row, {**fields, "psy_id": value})) == incorrect("psy_id")


@pytest.mark.parametrize("row", NAMING)
@pytest.mark.parametrize("value", [0, -1, 10**16])
def test_a_number_nobody_can_have_is_no_therapist(row, value):
    fields, text = NAMING[row]
    assert shown(refused(row, {**fields, "psy_id": value})) == no(text)


@pytest.mark.parametrize("row", ["M7", "M8", "M9"])
def test_a_therapist_must_be_named(row):
    fields, _ = NAMING[row]
    assert shown(refused(row, {**fields, "psy_id": None})) == incorrect("psy_id")


# M6


def test_m6_shows_the_therapist_and_the_next_hour():
    made = sent("M6", {"session": "a.b.c"}, locale="ru")
    assert (made.method, made.path) == ("GET", "/api/v1/care-relations/current")
    relation = {"practitioner": PRACTITIONER, "next_appointment": {"starts_at": STARTS[1]}}
    assert shown(answered("M6", done(relation), token="a.b.c")) == ok(
        session="a.b.c",
        psy_id=41,
        psy_name="Petya",
        psy_photo=PHOTO,
        psy_time_slots={"Thu 2 July": 11},
    )


@pytest.mark.parametrize("coming", [None, {"starts_at": "2026-07-02T07:30:00.000000Z"}])
def test_m6_shows_no_hour_without_one_to_show(coming):
    relation = {"practitioner": PRACTITIONER, "next_appointment": coming}
    assert answered("M6", done(relation), token="t").json["psy_time_slots"] == {}


def test_m6_shows_nulls_without_a_therapist():
    relation = {"practitioner": None, "next_appointment": None, "started_at": None}
    assert shown(answered("M6", done(relation), token="a.b.c")) == ok(
        session="a.b.c", psy_id=None, psy_name=None, psy_photo=None, psy_time_slots={}
    )


# M7


def test_m7_begins_a_move_with_a_token_and_the_free_hours():
    made = sent("M7", {"psy_id": 41})
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/reschedule-tokens",
        True,
    )
    assert made.json == {"practitioner_id": 41, "days": 28}
    given = done({"token": "t-1", "expires_at": STARTS[0], "slots": STARTS}, 201)
    assert shown(answered("M7", given, {"psy_id": 41})) == ok(
        time_token="t-1", psy_time_slots=SLOTS
    )


@pytest.mark.parametrize("fields", [{"psy_id": 41}, HOUR], ids=["first POST", "second POST"])
@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (409, "not_your_therapist", "Not your therapist"),
        (404, "practitioner_not_found", "Not your therapist"),
        (409, "no_appointment_to_move", "No appointment to move"),
    ],
)
def test_m7_refusals_of_both_posts(fields, status, code, text):
    assert shown(answered("M7", problem(status, code), fields)) == no(text)


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (409, "slot_taken", "This time is not available"),
        (409, "hour_not_offered", "This time is not available"),
        (409, "too_late_to_move", "Too late to move"),
        (422, "reschedule_token_invalid", "Invalid time token"),
    ],
)
def test_m7_refusals_of_the_second_post(status, code, text):
    assert shown(answered("M7", problem(status, code), HOUR)) == no(text)


def test_a_token_the_service_cannot_read_is_invalid():
    rejected = problem(422, "invalid_request", errors={"reschedule_token": ["no"]})
    assert shown(answered("M7", rejected, HOUR)) == no("Invalid time token")


# M8


def test_m8_sends_a_text_exactly():
    text = "  ../ <b>O'Brien</b>\r\n👩‍👩‍👧 \u202e e\u0301 "
    made = sent("M8", {"psy_id": "41", "text": text})
    assert (made.method, made.path) == ("POST", "/api/v1/messages")
    assert made.json == {"recipient_id": 41, "text": text}
    assert shown(answered("M8", done({"id": 1}, 201))) == ok()


@pytest.mark.parametrize(
    "value",
    [None, "", " \r\n", 5, True, [], {}, "a\x00", "\ud800", "x" * 4001],
    ids=lambda value: ascii(value)[:12],
)
def test_m8_names_a_bad_text(value):
    assert shown(refused("M8", {"psy_id": 41, "text": value})) == incorrect("text")
    assert sent("M8", {"psy_id": 41, "text": "x" * 4000}).json["text"] == "x" * 4000


def test_m8_writes_only_to_ones_own_therapist():
    answer = answered("M8", problem(403, "not_in_care"))
    assert shown(answer) == no("Not your therapist")


def test_m8_names_a_text_only_the_service_refuses():
    assert shown(answered("M8", problem(422, "invalid_request"))) == incorrect("text")


# M9


def test_m9_lists_the_free_hours_of_28_days():
    made = sent("M9", {"psy_id": 41})
    assert (made.method, made.path) == ("GET", "/api/v1/practitioners/41/slots")
    assert made.query == {
        "from": "2026-07-01T10:00:00.000000Z",
        "until": "2026-07-29T10:00:00.000000Z",
    }
    items = [{"starts_at": start, "ends_at": start} for start in STARTS]
    assert shown(answered("M9", done({"items": items}))) == ok(psy_time_slots=SLOTS)
    assert shown(answered("M9", done({"items": []}))) == ok(psy_time_slots={})


def test_m9_knows_only_listed_therapists():
    answer = answered("M9", problem(404, "practitioner_not_found"))
    assert shown(answer) == no("Unknown therapist")


# M10


@pytest.mark.parametrize("expiry", ["07/26", "07 / 26", "07-26", "0726"])
@pytest.mark.parametrize("number", ["4242424242424242", "4242-4242-4242-4242", CARD["card_number"]])
def test_m10_hands_the_card_on_in_one_spelling(expiry, number):
    made = sent("M10", {**CARD, "card_exp": expiry, "card_number": number})
    assert (made.method, made.path) == ("POST", "/api/v1/payment-methods")
    assert made.json == {
        "holder_name": "VASYA PUPKIN",
        "number": "4242424242424242",
        "expiry": "07/26",
        "verification_code": "123",
    }
    assert shown(answered("M10", done({"last_four": "4242"}, 201), CARD)) == ok()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card_name", ""),
        ("card_name", "n" * 65),
        ("card_number", "4242424242424241"),
        ("card_number", "42424242424242a2"),
        ("card_number", "4242.4242.4242.4242"),
        ("card_number", "00000000000"),
        ("card_number", "0" * 20),
        ("card_number", 4242424242424242),
        ("card_number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"),
        ("card_exp", "06/26"),
        ("card_exp", "12/25"),
        ("card_exp", "13/26"),
        ("card_exp", "00/26"),
        ("card_exp", "7/26"),
        ("card_exp", "07/2026"),
        ("card_exp", "07.26"),
        ("card_exp", 726),
        ("card_ccv", "12"),
        ("card_ccv", "12345"),
        ("card_ccv", "12a"),
        ("card_ccv", 123),
    ],
)
def test_m10_names_a_bad_field(field, value):
    assert shown(refused("M10", {**CARD, field: value})) == incorrect(field)


@pytest.mark.parametrize("field", CARD)
@pytest.mark.parametrize("value", [None, "", 5, True, [], {}, "1\x00", "\ud800"], ids=ascii)
def test_m10_requires_every_field_as_a_string(field, value):
    assert shown(refused("M10", {**CARD, field: value})) == incorrect(field)


def test_m10_never_repeats_the_card_in_a_refusal():
    answer = refused("M10", {**CARD, "card_number": "4242424242424241"})
    assert "4242" not in str(answer)


def test_a_card_is_good_to_the_end_of_its_month():
    assert sent("M10", {**CARD, "card_exp": "07/26"}).json["expiry"] == "07/26"


@pytest.mark.parametrize("length", [12, 19])
def test_a_card_number_has_12_to_19_digits(length):
    number = "0" * length  # passes Luhn
    assert sent("M10", {**CARD, "card_number": number}).json["number"] == number


def test_m10_tells_what_the_provider_refuses():
    for code in ("card_declined", "cards_not_taken"):
        assert shown(answered("M10", problem(409, code), CARD)) == no("Card declined")


@pytest.mark.parametrize(
    ("field", "legacy"),
    [
        ("holder_name", "card_name"),
        ("number", "card_number"),
        ("expiry", "card_exp"),
        ("verification_code", "card_ccv"),
    ],
)
def test_m10_names_a_field_only_the_service_refuses(field, legacy):
    rejected = problem(422, "invalid_request", errors={field: ["no"]})
    assert shown(answered("M10", rejected, CARD)) == incorrect(legacy)


# M11


def appointment(number: int, starts_at: str, **more):
    return {
        "id": number,
        "practitioner_id": 41,
        "practitioner_name": "Petya",
        "starts_at": starts_at,
        "state": "booked",
        "price_minor_units": 1_000_000,
        "therapy_types": ["individual"],
        "session_minutes": 50,
        "rescheduled_to": None,
        **more,
    }


def test_m11_shows_an_appointment_with_its_therapist():
    made = sent("M11", locale="ru")
    assert (made.method, made.path) == ("GET", "/api/v1/appointments")
    assert made.query == {"when": "kept", "locale": "ru"}
    items = [appointment(1, "2026-07-02T07:00:00.000000Z")]
    assert shown(answered("M11", done({"items": items}))) == ok(
        data=[
            {
                **OFFER,
                "psy_time_slots": {"Thu 2 July": 9},
                "starts_at": "2026-07-02T07:00:00.000000Z",
                "state": "booked",
            }
        ]
    )


def test_m11_shows_coming_ones_by_start_then_past_ones_newest_first():
    starts = ["2026-06-01", "2026-07-05", "2026-06-20", "2026-07-02"]
    items = [appointment(number, f"{day}T07:00:00.000000Z") for number, day in enumerate(starts)]
    data = answered("M11", done({"items": items})).json["data"]
    assert [each["starts_at"][:10] for each in data] == [
        "2026-07-02",
        "2026-07-05",
        "2026-06-20",
        "2026-06-01",
    ]


@pytest.mark.parametrize(
    ("state", "ids"), [("booked", [1, 0, 2]), ("arrived", [1, 0, 2]), ("noshow", [0, 1, 2])]
)
def test_m11_shows_one_that_goes_on_first(state, ids):
    running = appointment(1, "2026-07-01T09:11:00.000000Z", state=state)
    over = appointment(2, "2026-07-01T09:10:00.000000Z")  # it is 10:00
    items = [appointment(0, "2026-07-02T07:00:00.000000Z"), running, over]
    data = answered("M11", done({"items": items})).json["data"]
    starts = [item["starts_at"] for item in items]
    assert [starts.index(each["starts_at"]) for each in data] == ids


def test_m11_shows_no_label_that_would_be_read_as_another_hour():
    items = [
        appointment(1, "2026-10-25T01:00:00.000000Z"),  # the second 02:00 of that night
        appointment(2, "2027-07-01T07:00:00.000000Z"),  # "Thu 1 July" would be a year before
    ]
    data = answered("M11", done({"items": items})).json["data"]
    assert [each["psy_time_slots"] for each in data] == [{}, {}]


def test_m11_shows_none_that_is_cancelled_or_moved_away():
    starts = "2026-07-02T07:00:00.000000Z"
    items = [
        appointment(1, starts, state="cancelled"),
        appointment(2, starts, rescheduled_to=3),
    ]
    assert shown(answered("M11", done({"items": items}))) == ok(data=[])


# M12


def test_m12_leaves_the_therapist_with_reasons():
    fields = {"psy_id": 41, "problems": [0, "3"], "more_problems": " a\r\nb ", "call_me": 1}
    made = sent("M12", fields)
    assert (made.method, made.path) == ("POST", "/api/v1/care-relations/current/end")
    assert made.json == {
        "practitioner_id": 41,
        "reasons": [0, 3],
        "more_reasons": " a\r\nb ",
        "wants_call": True,
    }
    assert shown(answered("M12", done({}), fields)) == ok()


def test_m12_needs_no_field():
    assert sent("M12", {"psy_id": None}).json == {"reasons": []}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("problems", [11]),
        ("problems", [-1]),
        ("problems", [True]),
        ("problems", 5),
        ("problems", {}),
        ("problems", "x"),
        ("more_problems", "x" * 4001),
        ("more_problems", 5),
        ("more_problems", ["a"]),
        ("more_problems", "a\x00"),
        ("call_me", 2),
        ("call_me", "yes"),
        ("call_me", []),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_m12_names_a_bad_field(field, value):
    assert shown(refused("M12", {field: value})) == incorrect(field)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("no_therapist_chosen", "No therapist chosen"),
        ("not_your_therapist", "Not your therapist"),
    ],
)
def test_m12_refusals(code, text):
    assert shown(answered("M12", problem(409, code))) == no(text)


# the extra logout


def test_the_matching_logout_ends_the_login_session():
    made = sent("MX", {"session": "a.b.c"}, token="a.b.c")
    assert (made.method, made.path) == ("DELETE", "/api/v1/login-sessions/current")
    assert shown(answered("MX", done(None, 204))) == ok()


@pytest.mark.parametrize("code", ["invalid_token", "token_expired", "not_authenticated"])
def test_the_matching_logout_knows_one_refusal(code):
    assert shown(answered("MX", problem(401, code))) == no("Invalid session")


# what no row has a sentence for


@pytest.mark.parametrize("row", [f"M{number}" for number in range(3, 13)])
@pytest.mark.parametrize(
    ("response", "text"),
    [
        (problem(401, "not_authenticated"), "Invalid session"),
        (problem(401, "invalid_token"), "Invalid session"),
        (problem(401, "token_expired"), "Invalid session"),
        (problem(401, "account_inactive"), "Invalid session"),
        (problem(403, "not_allowed"), "Not a client"),
        (problem(400, "unreadable_body"), "Internal server error"),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_an_answer_no_row_knows_is_told_in_general(row, response, text):
    fields, _ = NAMING.get(row, ({}, ""))
    assert shown(answered(row, response, fields)) == no(text)
