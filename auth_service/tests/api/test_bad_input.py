"""Every field with every class of bad input: a clear 4xx, never a 500, and nothing is written."""

import pytest

from auth_service.tests.factories import EMAIL, PASSWORD
from shared.testing.tokens import internal_headers

STRING_FIELDS = {
    ("post", "/api/v1/registrations"): {
        "email": EMAIL,
        "password": PASSWORD,
        "first_name": "Anna",
        "last_name": "K",
        "locale": "ru",
        "country": "HU",
        "time_zone": "Europe/Budapest",
    },
    ("post", "/internal/v1/registrations"): {
        "email": EMAIL,
        "password": PASSWORD,
        "first_name": "Anna",
        "opened_through": "wellbeing",
    },
    ("post", "/api/v1/accounts"): {
        "email": EMAIL,
        "password": PASSWORD,
        "first_name": "Anna",
        "user_name": "anna",
        "role": "client",
    },
    ("post", "/internal/v1/accounts"): {
        "email": EMAIL,
        "password": PASSWORD,
        "first_name": "Anna",
        "user_name": "anna",
        "role": "client",
        "opened_through": "accounts",
    },
    ("post", "/api/v1/login-sessions"): {"email": EMAIL, "password": PASSWORD, "device": "phone"},
    ("post", "/api/v1/login-sessions/refresh"): {"refresh_token": "x"},
    ("post", "/internal/v1/login-sessions"): {
        "email": EMAIL,
        "password": PASSWORD,
        "opened_through": "accounts",
    },
    ("post", "/internal/v1/login-sessions/end"): {
        "email": EMAIL,
        "password": PASSWORD,
        "opened_through": "accounts",
    },
    ("post", "/internal/v1/credential-checks"): {"email": EMAIL, "password": PASSWORD},
    ("post", "/api/v1/verification-codes"): {"email": EMAIL},
    ("post", "/api/v1/verifications"): {"email": EMAIL, "code": "123456"},
    ("post", "/api/v1/password-resets"): {"email": EMAIL},
    ("post", "/api/v1/password-resets/check"): {"email": EMAIL, "code": "123456"},
    ("post", "/api/v1/password-resets/confirm"): {
        "email": EMAIL,
        "code": "123456",
        "password": PASSWORD,
    },
    ("post", "/api/v1/accounts/me/email-changes"): {"email": EMAIL},
    ("post", "/api/v1/email-changes/undo"): {"token": "x"},
    ("put", "/api/v1/accounts/me/password"): {"old_password": "x", "new_password": PASSWORD},
    ("put", "/internal/v1/accounts/5/password"): {"old_password": "x", "new_password": PASSWORD},
    ("patch", "/api/v1/accounts/5"): {
        "email": EMAIL,
        "user_name": "anna",
        "first_name": "Anna",
        "last_name": "K",
    },
    ("put", "/api/v1/accounts/6/role"): {"role": "client"},
}
ALWAYS_BAD = [None, True, 5, 5.5, [], ["x"], {}, {"a": 1}]
TOO_LONG = "x" * 60_000 + "@example.org"
UNSTORABLE = ["a\\u0000b@example.org", "\\ud800@example.org"]
CASES = [(method, url, field) for (method, url), body in STRING_FIELDS.items() for field in body]


@pytest.fixture
def call(client, token_maker):
    headers = {**internal_headers(), **token_maker.headers(5, "admin")}

    def call(method, url, **how):
        return getattr(client, method)(url, headers=headers, **how)

    return call


@pytest.mark.parametrize(("method", "url", "field"), CASES)
def test_a_bad_value_is_refused_with_the_fields_name_and_leaves_nothing(
    call, post, method, url, field
):
    body = STRING_FIELDS[method, url]
    for value in ALWAYS_BAD:
        answer = call(method, url, json={**body, field: value})
        assert (answer.status_code, answer.json["code"]) == (422, "invalid_request"), value
        assert list(answer.json["errors"]) == [field]
    too_long = call(method, url, json={**body, field: TOO_LONG})
    assert too_long.status_code in (404, 422)
    assert post.count() == 0


@pytest.mark.parametrize(("method", "url"), list(STRING_FIELDS))
def test_an_unreadable_body_is_refused(call, post, method, url):
    for raw in (
        b"{",
        b"[" * 100_000,
        b'{"email": NaN}',
        b'{"email": 1e400}',
        b'{"email": 1' + b"0" * 30 + b"}",
        b'{"email": "a", "email": "b"}',
        b'"\xff"',
        b'{"email": "\\ud800@example.org"}',
        b'{"email": "a\\u0000@example.org"}',
    ):
        answer = call(method, url, data=raw, content_type="application/json")
        assert answer.status_code in (400, 413), raw[:40]
        assert answer.json["code"] in ("unreadable_body", "body_too_large")
    for raw in (b"[]", b'"x"', b"5"):
        answer = call(method, url, data=raw, content_type="application/json")
        assert answer.status_code == 422, raw
    form = call(method, url, data={"email": EMAIL})
    assert form.status_code == 415
    unknown = call(method, url, json={**STRING_FIELDS[method, url], "is_admin": True})
    assert (unknown.status_code, unknown.json["errors"]) == (
        422,
        {"is_admin": ["Unknown field."]},
    )
    assert post.count() == 0


@pytest.mark.parametrize(
    "email",
    [
        "",
        "   ",
        "anna",
        "anna@",
        "@example.org",
        "anna@example",
        "anna@@example.org",
        "an na@example.org",
        "anna@exa mple.org",
        "anna@example.org\r\nBcc: all@example.org",
        "anna@" + "x" * 250 + ".org",
        "İ" * 126 + "@example.org",
        "ä@b.cc",
        "анна@example.org",
        "x" * 65 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(call, post, email):
    answer = call("post", "/api/v1/password-resets", json={"email": email})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert post.count() == 0


def test_an_address_may_have_64_characters_before_the_at(call):
    answer = call("post", "/api/v1/password-resets", json={"email": "x" * 64 + "@example.org"})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "name", ["", "   ", "a\u202eb", "line\nbreak", "x" * 129, "tab\tbed", "a\u2066b"]
)
def test_what_is_no_name_is_refused(call, post, name):
    body = {**STRING_FIELDS["post", "/api/v1/registrations"], "first_name": name}
    answer = call("post", "/api/v1/registrations", json=body)
    assert list(answer.json["errors"]) == ["first_name"]
    assert post.count() == 0


@pytest.mark.parametrize(
    "name",
    ["O'Brien", "Zoë 👩‍👩‍👧", "محمد", "<b>Anna</b>", "../../etc", "Анна-Мария", "x" * 128, '"; --'],
)
def test_names_are_stored_and_given_back_exactly(call, name):
    body = {**STRING_FIELDS["post", "/api/v1/accounts"], "first_name": name}
    answer = call("post", "/api/v1/accounts", json=body)
    assert (answer.status_code, answer.json["first_name"]) == (201, name)


def test_a_user_name_that_grows_without_case_still_fits(call):
    body = {**STRING_FIELDS["post", "/api/v1/accounts"], "user_name": "ΐ" * 64}
    assert call("post", "/api/v1/accounts", json=body).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("locale", "de"),
        ("country", "hu"),
        ("country", "HUN"),
        ("country", "HU\n"),
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", ""),
    ],
)
def test_a_value_outside_its_list_is_refused(call, post, field, value):
    body = {**STRING_FIELDS["post", "/api/v1/registrations"], field: value}
    answer = call("post", "/api/v1/registrations", json=body)
    assert list(answer.json["errors"]) == [field]
    assert post.count() == 0


def test_a_wrong_method_says_which_are_right(client):
    answer = client.get("/api/v1/registrations")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_an_unknown_path_is_a_problem_document(client):
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_forged_forwarded_address_or_device_harms_nobody(client, person):
    headers = {"X-Forwarded-For": "<script>, x" * 50, "User-Agent": "\u00e9\x01 x" * 200}
    assert person.log_in(headers=headers).status_code == 201
    listed = client.get("/api/v1/login-sessions", headers=person.headers()).json["items"]
    assert {item["address"] for item in listed} == {"127.0.0.1"}
    assert all(len(item["device"]) <= 200 for item in listed)
