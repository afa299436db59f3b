"""A1 to A8: 409 for the shape, 400 for the field, 401 for the person, in each row's order."""

from typing import Any

import pytest

from gateway.exchange import BasicCredentials
from gateway.tests.translations.rows import (
    answered,
    done,
    identity_of,
    problem,
    refused,
    sent,
    shown,
)

INCORRECT = (400, {"error": "Incorrect field"})
INVALID = (409, {"error": "Invalid request body"})
NOT_THE_PERSON = (401, {"error": "Unauthorized: User authentication failed"})
NOT_FOUND = (404, {"error": "User not found"})
ENDED = (401, {"error": "Invalid or expired token"})
PERSON = {
    "email": "Anna@Example.org",
    "user_name": "anna",
    "first_name": " Anna ",
    "last_name": "Nagy",
}
OPEN = {**PERSON, "password": "password", "role": "user"}
PASSWORDS = {"existing_password": "old", "password": "password"}
LOG_IN = {"email": "Anna@Example.org", "password": "password"}
ACCOUNT = {
    "id": 7,
    "email": "anna@example.org",
    "user_name": "anna",
    "first_name": "Anna",
    "last_name": "Nagy",
    "role": "client",
    "is_verified": False,
    "is_locked": False,
    "must_change_password": False,
    "created_at": "2026-06-30T10:00:00.000000Z",
}
OWN = {"path_parameters": {"id": "7"}, "identity": identity_of(7)}
BODIES = {
    "A1": (OPEN, {}),
    "A3": (PERSON, OWN),
    "A6": (LOG_IN, {}),
}
BODY_FIELDS = [(row, field) for row, (fields, _) in BODIES.items() for field in fields]


@pytest.mark.parametrize(("row", "field"), BODY_FIELDS)
@pytest.mark.parametrize("value", [5, 1.5, True, ["a"], {"a": 1}], ids=repr)
def test_a_field_of_the_wrong_json_type_is_a_conflict(row, field, value):
    fields, more = BODIES[row]
    assert shown(refused(row, {**fields, field: value}, **more)) == INVALID


@pytest.mark.parametrize(("row", "field"), BODY_FIELDS)
@pytest.mark.parametrize("value", [None, "", "a\x00b", "\ud800", "x" * 300], ids=ascii)
def test_a_missing_null_blank_or_bad_field_is_incorrect(row, field, value):
    fields, more = BODIES[row]
    assert shown(refused(row, {**fields, field: value}, **more)) == INCORRECT
    without = {name: kept for name, kept in fields.items() if name != field}
    assert shown(refused(row, without, **more)) == INCORRECT


@pytest.mark.parametrize("row", BODIES)
def test_the_wrong_shape_comes_before_a_bad_field(row):
    _, more = BODIES[row]
    assert (
        shown(refused(row, {"email": "not an address", "password": 5, "user_name": 5}, **more))
        == INVALID
    )


@pytest.mark.parametrize("row", BODIES)
def test_a_malformed_address_is_incorrect(row):
    fields, more = BODIES[row]
    assert shown(refused(row, {**fields, "email": "anna"}, **more)) == INCORRECT


# A1


def test_a1_opens_an_account_and_a_login_session():
    made = sent("A1", OPEN, locale="en")
    assert (made.method, made.path, made.is_internal) == ("POST", "/internal/v1/accounts", True)
    assert made.json == {
        "email": "anna@example.org",
        "user_name": "anna",
        "first_name": "Anna",
        "last_name": "Nagy",
        "password": "password",
        "role": "client",
        "locale": "en",
        "opened_through": "accounts",
    }
    answer = answered("A1", done({"access_token": "a.b.c"}, 201), OPEN)
    assert shown(answer) == (201, {"JWT": "a.b.c"})


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_a1_gives_a_privileged_role_only_by_an_admin(role):
    fields = {**OPEN, "role": role}
    assert sent("A1", fields, identity=identity_of(1, "admin")).json["role"] == role
    assert shown(refused("A1", fields)) == INCORRECT
    assert shown(refused("A1", fields, identity=identity_of(1, "moderator"))) == INCORRECT
    assert shown(refused("A1", fields, identity=identity_of(1, "client"))) == INCORRECT


@pytest.mark.parametrize("role", ["superuser", "client", "therapist", "Admin", " user"])
def test_a1_knows_three_roles(role):
    answer = refused("A1", {**OPEN, "role": role}, identity=identity_of(1, "admin"))
    assert shown(answer) == INCORRECT


@pytest.mark.parametrize(
    ("field", "length"), [("user_name", 65), ("first_name", 129), ("password", 129)]
)
def test_a1_refuses_what_is_too_long(field, length):
    assert shown(refused("A1", {**OPEN, field: "x" * length})) == INCORRECT
    assert sent("A1", {**OPEN, field: "x" * (length - 1)}).json[field] == "x" * (length - 1)


def test_a1_accepts_a_weak_password_but_no_short_one():
    assert sent("A1", {**OPEN, "password": "12345678"}).json["password"] == "12345678"
    assert shown(refused("A1", {**OPEN, "password": "1234567"})) == INCORRECT


@pytest.mark.parametrize("code", ["email_taken", "user_name_taken"])
def test_a1_and_a3_answer_a_duplicate_as_a_conflict(code):
    assert shown(answered("A1", problem(409, code), OPEN)) == INVALID
    assert shown(answered("A3", problem(409, code), PERSON, **OWN)) == INVALID


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "not_allowed"), (422, "password_rejected"), (422, "invalid_request")],
)
def test_a1_answers_what_the_service_refuses_as_incorrect(status, code):
    assert shown(answered("A1", problem(status, code), OPEN)) == INCORRECT


# A2


def test_a2_reads_an_account():
    made = sent("A2", path_parameters={"id": "7"})
    assert (made.method, made.path) == ("GET", "/api/v1/accounts/7")
    assert shown(answered("A2", done(ACCOUNT))) == (
        200,
        {
            "id": 7,
            "email": "anna@example.org",
            "user_name": "anna",
            "first_name": "Anna",
            "last_name": "Nagy",
            "role": "user",
        },
    )


@pytest.mark.parametrize(
    ("role", "word"),
    [
        ("client", "user"),
        ("therapist", "user"),
        ("moderator", "moderator"),
        ("admin", "admin"),
    ],
)
def test_a2_has_its_own_words_for_roles(role, word):
    assert answered("A2", done({**ACCOUNT, "role": role})).json["role"] == word


def test_a2_shows_a_listed_therapist_without_address():
    listed = {**ACCOUNT, "email": None, "role": "therapist"}
    assert answered("A2", done(listed)).json["email"] == ""


def test_a2_finds_nobody_the_caller_may_not_see():
    assert shown(answered("A2", problem(404, "account_not_found"))) == NOT_FOUND


@pytest.mark.parametrize("row", ["A2", "A3", "A4"])
@pytest.mark.parametrize("segment", ["abc", "-7", "7.0", "", "12345678901234567", "٧"])
def test_an_id_that_is_no_number_is_incorrect(row, segment):
    more = {"path_parameters": {"id": segment}, "identity": identity_of(7)}
    assert shown(refused(row, {"password": 5}, **more)) == INCORRECT


# A3


def test_a3_changes_an_account():
    made = sent("A3", PERSON, **OWN)
    assert (made.method, made.path) == ("PATCH", "/internal/v1/accounts/7")
    assert made.json == {
        "email": "anna@example.org",
        "user_name": "anna",
        "first_name": "Anna",
        "last_name": "Nagy",
    }
    changed = done({**ACCOUNT, "pending_email": None})
    assert shown(answered("A3", changed, PERSON, **OWN)) == (200, {"id": 7})


def test_a3_is_for_oneself_and_admins():
    by_admin = {**OWN, "identity": identity_of(1, "admin")}
    assert sent("A3", PERSON, **by_admin).path == "/internal/v1/accounts/7"
    for role in ("client", "therapist", "moderator"):
        other = {**OWN, "identity": identity_of(8, role)}
        assert shown(refused("A3", PERSON, **other)) == NOT_THE_PERSON
    assert shown(answered("A3", problem(403, "not_allowed"), PERSON, **OWN)) == NOT_THE_PERSON


def test_a3_looks_at_the_fields_before_the_person():
    other = {**OWN, "identity": identity_of(8)}
    assert shown(refused("A3", {**PERSON, "user_name": 5}, **other)) == INVALID
    assert shown(refused("A3", {**PERSON, "user_name": ""}, **other)) == INCORRECT


def test_a3_finds_no_account():
    assert shown(answered("A3", problem(404, "account_not_found"), PERSON, **OWN)) == NOT_FOUND


# A4


def test_a4_changes_the_password():
    made = sent("A4", PASSWORDS, **OWN)
    assert (made.method, made.path, made.is_internal) == (
        "PUT",
        "/internal/v1/accounts/7/password",
        True,
    )
    assert made.json == {"old_password": "old", "new_password": "password", "accept_weak": True}
    assert shown(answered("A4", done(None, 204), PASSWORDS, **OWN)) == (
        200,
        {"message": "Password updated successfully"},
    )


@pytest.mark.parametrize("field", PASSWORDS)
@pytest.mark.parametrize("value", [None, "", 5, True, [], {}, "a\x00", "p" * 129], ids=repr)
def test_a4_answers_any_bad_field_as_a_conflict(field, value):
    assert shown(refused("A4", {**PASSWORDS, field: value}, **OWN)) == INVALID
    assert shown(refused("A4", {}, **OWN)) == INVALID


def test_a4_answers_a_short_new_password_as_a_conflict():
    assert shown(refused("A4", {**PASSWORDS, "password": "1234567"}, **OWN)) == INVALID
    for code in ("password_rejected", "invalid_request"):
        assert shown(answered("A4", problem(422, code), PASSWORDS, **OWN)) == INVALID


@pytest.mark.parametrize("role", ["client", "moderator", "admin"])
def test_a4_is_for_oneself_only(role):
    other = {**OWN, "identity": identity_of(8, role)}
    assert shown(refused("A4", PASSWORDS, **other)) == NOT_THE_PERSON
    assert shown(refused("A4", {**PASSWORDS, "password": None}, **other)) == INVALID


def test_a4_refuses_a_wrong_old_password():
    answer = answered("A4", problem(422, "old_password_incorrect"), PASSWORDS, **OWN)
    assert shown(answer) == (400, {"error": "Invalid request: Old password is incorrect"})


# A5


def test_a5_lists_a_page():
    query = {"page": "2", "per_page": "10"}
    made = sent("A5", query=query)
    assert (made.method, made.path) == ("GET", "/internal/v1/accounts/pages")
    assert made.is_internal
    assert made.query == query
    listed = done({"items": [ACCOUNT], "total": 11, "page": 2, "per_page": 10})
    assert shown(answered("A5", listed, query=query)) == (
        200,
        {
            "users": [
                {
                    "id": 7,
                    "email": "anna@example.org",
                    "user_name": "anna",
                    "first_name": "Anna",
                    "last_name": "Nagy",
                }
            ],
            "page": 2,
            "per_page": 10,
            "total_users": 11,
        },
    )


def test_a5_shows_an_address_that_is_not_to_be_seen_yet_as_empty():
    query = {"page": "1", "per_page": "10"}
    listed = done({"items": [{**ACCOUNT, "email": None}], "total": 1, "page": 1, "per_page": 10})
    assert answered("A5", listed, query=query).json["users"][0]["email"] == ""


def test_a5_answers_the_page_it_was_asked_for_beyond_any_end():
    query = {"page": "9999999999999999", "per_page": "100"}
    assert int(sent("A5", query=query).query["page"]) <= 1_000_000
    answer = answered("A5", done({"items": [], "total": 2}), query=query)
    assert answer.json == {
        "users": [],
        "page": 9999999999999999,
        "per_page": 100,
        "total_users": 2,
    }


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page": "1"},
        {"per_page": "10"},
        {"page": "0", "per_page": "10"},
        {"page": "-1", "per_page": "10"},
        {"page": "1.0", "per_page": "10"},
        {"page": "a", "per_page": "10"},
        {"page": "", "per_page": "10"},
        {"page": "1", "per_page": "0"},
        {"page": "1", "per_page": "101"},
        {"page": "1", "per_page": "ten"},
        {"page": "1", "per_page": "1" * 17},
        {"page": "١", "per_page": "10"},
    ],
    ids=repr,
)
def test_a5_refuses_wrong_parameters(query):
    assert shown(refused("A5", query=query)) == (
        400,
        {"error": "wrong parameters page, per_page"},
    )


# A6


def test_a6_logs_in():
    made = sent("A6", LOG_IN)
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/login-sessions",
        True,
    )
    assert made.json == {
        "email": "anna@example.org",
        "password": "password",
        "opened_through": "accounts",
        "require_verified": False,
    }
    opened = done({"access_token": "a.b.c", "expires_at": "2026-07-02T10:00:00.999999Z"}, 201)
    assert shown(answered("A6", opened, LOG_IN)) == (
        200,
        {"access_token": "a.b.c", "expires_at": "2026-07-02T10:00:00Z"},
    )


def test_a6_refuses_wrong_credentials():
    answer = answered("A6", problem(401, "invalid_credentials"), LOG_IN)
    assert shown(answer) == (401, {"error": "Invalid credentials"})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a6_sends_an_account_with_a_second_factor_elsewhere():
    answer = answered("A6", problem(401, "second_factor_elsewhere"), LOG_IN)
    text = "This account needs a second factor. Log in with the new application."
    assert shown(answer) == (401, {"error": text})


# A7, A8

BASIC: dict[str, Any] = {
    "basic_credentials": BasicCredentials(email=" Anna@Example.org", password="password")
}
CREDENTIALS = {"email": "anna@example.org", "password": "password"}


def test_a7_ends_the_login_session():
    made = sent("A7", token="a.b.c")
    assert (made.method, made.path) == ("DELETE", "/api/v1/login-sessions/current")
    assert shown(answered("A7", done(None, 204))) == (200, {"message": "Logout successful"})


def test_a7_ends_all_login_sessions_of_the_dialect_by_credentials():
    made = sent("A7", **BASIC)
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/login-sessions/end",
        True,
    )
    assert made.json == {**CREDENTIALS, "opened_through": "accounts"}


def test_a8_checks_a_token():
    made = sent("A8", token="a.b.c")
    assert (made.method, made.path) == ("GET", "/api/v1/accounts/me")
    assert shown(answered("A8", done(ACCOUNT))) == (200, {"message": "Token is valid"})


def test_a8_checks_credentials():
    made = sent("A8", **BASIC)
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/credential-checks",
        True,
    )
    assert made.json == CREDENTIALS
    assert shown(answered("A8", done(None, 204))) == (200, {"message": "Token is valid"})


@pytest.mark.parametrize("row", ["A7", "A8"])
@pytest.mark.parametrize(
    "response",
    [
        problem(401, "invalid_credentials"),
        problem(401, "invalid_token"),
        problem(401, "token_expired"),
        problem(404, "account_not_found"),
        problem(422, "invalid_request"),
    ],
    ids=lambda response: response.code,
)
def test_the_token_rows_know_one_refusal(row, response):
    assert shown(answered(row, response)) == ENDED


@pytest.mark.parametrize("row", ["A7", "A8"])
@pytest.mark.parametrize(
    ("email", "password"), [("anna", "password"), ("anna@example.org", ""), ("a@b.org", "\x00")]
)
def test_the_token_rows_refuse_credentials_nobody_can_have(row, email, password):
    credentials = BasicCredentials(email=email, password=password)
    assert shown(refused(row, basic_credentials=credentials)) == ENDED


# what no row has a sentence for


@pytest.mark.parametrize("row", ["A1", "A2", "A3", "A4", "A5", "A6"])
@pytest.mark.parametrize(
    ("response", "status", "text"),
    [
        (problem(401, "not_authenticated"), 401, "Unauthorized: User authentication failed"),
        (problem(401, "invalid_token"), 401, "Unauthorized: User authentication failed"),
        (problem(401, "token_expired"), 401, "Unauthorized: User authentication failed"),
        (problem(401, "account_inactive"), 401, "Unauthorized: User authentication failed"),
        (problem(400, "unreadable_body"), 500, "Internal server error"),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_an_answer_no_row_knows_is_told_in_general(row, response, status, text):
    answer = answered(row, response)
    assert shown(answer) == (status, {"error": text})
    assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
