"""One mailbox, one account: every spelling of an address signs up, logs in, is limited and mailed
as one.
"""

import pytest

from auth_service.tests.factories import OTHER_PASSWORD, Person
from shared.testing.tokens import internal_headers

SPELLINGS = [
    "x@bücher.example",
    "X@BÜCHER.example",
    "x@bu\u0308cher.example",
    "x@xn--bcher-kva.example",
    "ｘ＠ｂüｃｈｅｒ．example",
    "x@bücher。example",
]
CANONICAL = "x@xn--bcher-kva.example"


def test_every_spelling_is_one_account(client, post):
    first = Person(client, post, SPELLINGS[0])
    assert first.open_through("matching").status_code == 201
    for spelling in SPELLINGS:
        other = Person(client, post, spelling)
        refused = other.open_through("accounts")
        assert (refused.status_code, refused.json["code"]) == (409, "email_taken")
        assert (
            other.log_in_through("matching").json["account"]["id"]
            == (first.logged_in()["account"]["id"])
        )


def test_the_code_is_mailed_to_the_canonical_form_and_proves_every_spelling(client, post):
    anna = Person(client, post, "anna@faß.de")
    answer = anna.sign_up()
    assert (answer.status_code, answer.json["email"]) == (202, "anna@faß.de")
    mailed = [data["email"] for data in post.events("auth.code.issued.v1")]
    assert mailed == ["anna@xn--fa-hia.de"]
    body = {"email": "Anna@Faß.de", "code": post.code("anna@xn--fa-hia.de")}
    assert client.post("/api/v1/verifications", json=body).status_code == 200
    strangers = Person(client, post, "anna@fass.de")
    assert strangers.log_in().status_code == 401
    asked = client.post("/api/v1/password-resets", json={"email": "anna@FASS.de"})
    assert asked.status_code == 202
    assert post.events("auth.code.issued.v1")[-1]["purpose"] == "sign_up"


def test_an_address_is_shown_in_its_own_letters(client, post):
    person = Person(client, post, SPELLINGS[0])
    token = person.open_through("matching").json
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    own = client.get("/api/v1/accounts/me", headers=headers).json
    assert token["account"]["email"] == own["email"] == SPELLINGS[0]
    url = f"/api/v1/accounts/{own['id']}"
    assert client.get(url, headers=headers).json["email"] == SPELLINGS[0]
    assert post.events("auth.account.registered.v1")[0]["email"] == CANONICAL


def test_wrong_passwords_for_every_spelling_are_counted_together(make_app, post):
    client = make_app(RATE_LIMIT_SCALE="1").test_client()
    Person(client, post, SPELLINGS[0]).open_through("matching")
    statuses = [
        Person(client, post, SPELLINGS[number % len(SPELLINGS)]).log_in(OTHER_PASSWORD).status_code
        for number in range(11)
    ]
    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize("email", ["z@☃.example", "z@xn--a.org", "z@exa\u00admple.org"])
def test_an_address_without_a_canonical_form_is_refused(client, post, email):
    assert Person(client, post, email).sign_up().status_code == 422
    body = {
        "email": email, "password": "a good password", "opened_through": "matching",
        "require_verified": False,
    }  # fmt: skip
    answer = client.post("/internal/v1/login-sessions", json=body, headers=internal_headers())
    assert answer.status_code == 422
