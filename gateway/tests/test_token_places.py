"""Where each dialect looks for the token, and what happens when two places disagree."""

import base64
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from gateway.tests.conftest import body_of
from gateway.tests.stub_services import Asked, Reply, StubService, problem
from shared.testing.tokens import TokenMaker

Services = dict[str, StubService]
OWN_QUESTION = "/.well-known/jwks.json"
CURRENT = {"practitioner": None, "next_appointment": None, "started_at": None}


def last_asked(auth: StubService) -> Asked:
    """Give what auth was asked last, but for the keys a gateway asks for beside any request."""
    return [each for each in auth.asked if each.path != OWN_QUESTION][-1]


@pytest.fixture(autouse=True)
def willing_services(services: Services) -> None:
    services["auth"].reply("GET", "/api/v1/accounts/me", Reply(json={"id": 1}))
    services["auth"].reply("DELETE", "/api/v1/login-sessions/current", Reply(status=204))
    services["auth"].reply("POST", "/internal/v1/credential-checks", Reply(status=204))
    services["auth"].reply("POST", "/internal/v1/login-sessions/end", Reply(status=204))
    services["booking"].reply("GET", "/api/v1/care-relations/current", Reply(json=CURRENT))
    services["notification"].reply(
        "GET", "/api/v1/notifications/unread-count", Reply(json={"count": 3})
    )


@pytest.mark.parametrize(
    ("form", "is_taken"),
    [
        ("Token {}", True),
        ("token {}", True),
        ("TOKEN   {}", True),
        ("Bearer {}", True),
        ("JWT {}", True),
        ("jwt {}", True),
        ("{}", False),
        ("Basic {}", False),
        ("Digest {}", False),
        ("Token", False),
        ("", False),
    ],
)
def test_wellbeing_takes_a_keyword_and_no_bare_token(
    form: str, is_taken: bool, client: FlaskClient, token_maker: TokenMaker
) -> None:
    headers = {"Authorization": form.format(token_maker.token())}
    response = client.get("/users/notifications_count/", headers=headers)
    assert response.status_code == (200 if is_taken else 401)
    if not is_taken:
        text = "Authentication credentials were not provided."
        assert body_of(response) == {"detail": text}


@pytest.mark.parametrize(
    ("form", "is_taken"),
    [
        ("{}", True),
        ("Bearer {}", True),
        ("bearer {}", True),
        ("JWT {}", True),
        ("Token {}", True),
        ("Digest {}", False),
        ("Basic {}", False),
        ("Bearer", False),
        ("", False),
    ],
)
def test_accounts_takes_a_bare_token_too(
    form: str, is_taken: bool, client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply("GET", "/api/v1/accounts/1", problem(404, "account_not_found"))
    headers = {"Authorization": form.format(token_maker.token())}
    response = client.get("/users/1", headers=headers)
    assert response.status_code == (404 if is_taken else 401)


def basic(user: str, password: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


@pytest.mark.parametrize(("method", "path"), [("POST", "/logout"), ("GET", "/protected")])
def test_basic_may_hold_the_token_as_user_name_or_password(
    method: str, path: str, client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    token = token_maker.token()
    for headers in (basic(token, ""), basic("", token), basic(token, "x"), basic("x", token)):
        assert client.open(path, method=method, headers=headers).status_code == 200
        assert last_asked(services["auth"]).headers["authorization"] == f"Bearer {token}"


def test_basic_with_address_and_password_is_for_the_two_token_checks(
    client: FlaskClient, services: Services
) -> None:
    headers = basic("Anna@Example.org", "pass:word")
    assert body_of(client.post("/logout", headers=headers)) == {"message": "Logout successful"}
    ended = last_asked(services["auth"])
    assert ended.path == "/internal/v1/login-sessions/end"
    assert ended.json == {
        "email": "anna@example.org",
        "password": "pass:word",
        "opened_through": "accounts",
    }
    assert body_of(client.get("/protected", headers=headers)) == {"message": "Token is valid"}
    assert last_asked(services["auth"]).path == "/internal/v1/credential-checks"
    for path in ("/users/1", "/users/my_profile", "/api/v1/accounts/me"):
        assert client.get(path, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "value", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Basic dTo="]
)
def test_unreadable_basic_is_no_token(value: str, client: FlaskClient) -> None:
    for method, path in (("POST", "/logout"), ("GET", "/protected")):
        response = client.open(path, method=method, headers={"Authorization": value})
        assert (response.status_code, body_of(response)) == (
            401,
            {"error": "Invalid or expired token"},
        )
        assert response.headers["WWW-Authenticate"] == "Bearer"


def lk(client: FlaskClient, **request: object) -> object:
    body = body_of(client.post("/client_lk", **request))
    return True if body["status"] else body["error"]


def test_matching_finds_the_token_in_body_header_and_cookie(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    token = token_maker.token()
    own = {"Origin": "http://gateway.test", "Sec-Fetch-Site": "same-origin"}
    ways: list[dict[str, object]] = [
        {"json": {"session": token}},
        {"json": {"session_token": token}},
        {"json": {"session": None, "session_token": token}},
        {"data": {"session": token}},
        {"json": {}, "headers": {"Authorization": token}},
        {"json": {}, "headers": {"Authorization": f"Bearer {token}"}},
        {"json": {}, "headers": {"Authorization": f"Token {token}"}},
        {"json": {"session": token}, "headers": {"Authorization": f"JWT {token}"}},
        {"json": {}, "headers": {"Cookie": f"session={token}"}},
        {"json": {}, "headers": {"Cookie": f"a=b; session={token}", **own}},
        {"json": {}, "headers": {"Cookie": f'prefs={{"a":1}}; flag; x=a b; session={token}'}},
        {"json": {}, "headers": {"Cookie": f"session={token}; session="}},
        {"json": {}, "headers": {"Cookie": f"prefs=\xff\xed\xa0; session={token}"}},
        {"json": {"session": token}, "headers": {"Cookie": "session=other"}},
        {"json": {"session": token}, "headers": {"Authorization": "Basic dTpw"}},
    ]
    for way in ways:
        assert lk(client, **way) is True, way
        assert services["booking"].asked[-1].headers["authorization"] == f"Bearer {token}"
        assert "cookie" not in services["booking"].asked[-1].headers


def test_matching_refuses_two_tokens_that_disagree_and_what_is_none(
    client: FlaskClient, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    token, other = token_maker.token(), token_maker.token()
    ways: list[dict[str, object]] = [
        {"json": {"session": token}, "headers": {"Authorization": other}},
        {"json": {"session": token}, "headers": {"Authorization": f"{token},{token}"}},
        {"json": {"session": 5}},
        {"json": {"session": [token]}},
        {"json": {"session": ""}},
        {"json": {}},
        {"json": {}, "query_string": {"session": token}},
        {"json": {}, "headers": {"Cookie": "session="}},
        {"json": {}, "headers": {"Cookie": f"session={token_maker.token()}; session=x"}},
        {"json": {}, "headers": {"Cookie": "sessions=x"}},
    ]
    for way in ways:
        assert lk(client, **way) == "Invalid session", way
    asked_nobody()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://gateway.test", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_cookie_counts_only_on_requests_of_this_origin(
    headers: dict[str, str],
    client: FlaskClient,
    token_maker: TokenMaker,
    asked_nobody: Callable[[], None],
) -> None:
    cookie = {"Cookie": f"session={token_maker.token()}"}
    assert lk(client, json={}, headers={**headers, **cookie}) == "Invalid session"
    asked_nobody()


def test_a_token_in_the_query_is_never_looked_at(
    client: FlaskClient, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    query = {"token": token_maker.token(), "access_token": token_maker.token()}
    assert client.get("/users/my_profile", query_string=query).status_code == 401
    asked_nobody()


@pytest.mark.parametrize("path", ["/login", "/registration"])
def test_logging_in_through_matching_sets_the_cookie(
    path: str, client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    token = token_maker.token()
    opened = Reply(status=201, json={"access_token": token, "account": {}})
    services["auth"].reply("POST", "/internal/v1/login-sessions", opened)
    services["auth"].reply("POST", "/internal/v1/accounts", opened)
    body = {"user_name": "V", "user_mail": "vasya@mail.ru", "password": "password"}
    response = client.post(path, json=body)
    assert body_of(response) == {"status": True, "session": token}
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"session={token};")
    for part in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert part in cookie


@pytest.mark.parametrize("path", ["/login", "/registration"])
@pytest.mark.parametrize(
    ("headers", "is_set"),
    [
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://gateway.test.evil.example"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://gateway.test", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "http://localhost:3000"}, False),
        ({"Origin": "http://gateway.test", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({}, True),
    ],
)
def test_another_sites_form_logs_nobody_in_as_somebody_else(
    path: str,
    headers: dict[str, str],
    is_set: bool,
    client: FlaskClient,
    services: Services,
    token_maker: TokenMaker,
) -> None:
    token = token_maker.token()
    opened = Reply(status=201, json={"access_token": token, "account": {}})
    services["auth"].reply("POST", "/internal/v1/login-sessions", opened)
    services["auth"].reply("POST", "/internal/v1/accounts", opened)
    form = {"user_name": "V", "user_mail": "vasya@mail.ru", "password": "password"}
    response = client.post(path, data=form, headers=headers)
    assert body_of(response) == {"status": True, "session": token}, "the answer is as ever"
    assert ("Set-Cookie" in response.headers) == is_set


def test_logging_out_of_matching_takes_the_cookie_back(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    response = client.post("/logout", json={"session": token_maker.token()})
    assert body_of(response) == {"status": True}
    assert response.headers["Set-Cookie"].startswith("session=; ")
    assert "Max-Age=0" in response.headers["Set-Cookie"]
    assert last_asked(services["auth"]).path == "/api/v1/login-sessions/current"


def test_the_header_is_not_read_where_an_ordinary_account_is_opened(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply(
        "POST", "/internal/v1/accounts", Reply(status=201, json={"access_token": "t"})
    )
    person = {
        "email": "a@example.org", "user_name": "a", "first_name": "A", "last_name": "B",
        "password": "password", "role": "user",
    }  # fmt: skip
    for authorization in ("garbage", "Bearer a.b.c", "Basic dTpw", "x,y"):
        response = client.post("/users", json=person, headers={"Authorization": authorization})
        assert (response.status_code, body_of(response)) == (201, {"JWT": "t"})
    admin_wanted = {**person, "role": "admin"}
    refused = client.post("/users", json=admin_wanted, headers=token_maker.headers())
    assert (refused.status_code, body_of(refused)) == (400, {"error": "Incorrect field"})
    allowed = client.post("/users", json=admin_wanted, headers=token_maker.headers(role="admin"))
    assert allowed.status_code == 201
