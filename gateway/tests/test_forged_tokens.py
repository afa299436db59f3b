"""The corpus of forged tokens at the one public door: refused in every dialect and at every row,
and nothing is asked of anybody because of it.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.routes import TokenRule
from gateway.tests.conftest import body_of
from gateway.tests.good_requests import GOOD_REQUESTS, GoodRequest
from gateway.tests.stub_services import Reply, StubService
from shared.testing.forged_tokens import Forger, as_header, forger_at_work
from shared.testing.tokens import TokenMaker

Services = dict[str, StubService]
Door = Callable[[FlaskClient, str], Any]
Work = tuple[Forger, list[str]]

CURRENT = {"practitioner": None, "next_appointment": None, "started_at": None}
OWN_QUESTIONS = ("/internal/v1/ended-login-sessions", "/.well-known/jwks.json")
TOKEN_ROWS = [each for each in GOOD_REQUESTS if each.row.token is TokenRule.REQUIRED]
FEW = (
    "tampered: the role",
    "alg 'none' without a signature",
    "HS256 with the public PEM",
    "another key at an address (jku)",
    "misminted: another audience",
    "misminted: expired",
)
UNSENDABLE_IN_A_BODY = ("Unreadable request body", "Body too large", "Incorrect field: session")


@pytest.fixture(scope="module")
def forger(token_maker: TokenMaker) -> Iterator[Work]:
    with forger_at_work(token_maker) as work:
        yield work


@pytest.fixture(autouse=True)
def willing_services(services: Services) -> None:
    services["auth"].reply("GET", "/api/v1/accounts/me", Reply(json={"id": 1}))
    services["booking"].reply("GET", "/api/v1/care-relations/current", Reply(json=CURRENT))
    services["notification"].reply(
        "GET", "/api/v1/notifications/unread-count", Reply(json={"count": 3})
    )


def asked_beside_own_questions(services: Services) -> list[str]:
    return [
        each.path
        for stub in services.values()
        for each in stub.asked
        if each.path not in OWN_QUESTIONS
    ]


def in_header(method: str, path: str, form: str) -> Door:
    def knock(client: FlaskClient, token: str) -> Any:
        header = as_header(form.format(token))
        return client.open(path, method=method, environ_overrides={"HTTP_AUTHORIZATION": header})

    return knock


def as_basic(client: FlaskClient, token: str) -> Any:
    shown = base64.b64encode(f"{token}:".encode("utf-8", "surrogatepass")).decode()
    return in_header("GET", "/protected", "Basic {}")(client, shown)


def in_body(name: str) -> Door:
    return lambda client, token: client.post("/client_lk", json={name: token})


def in_form(client: FlaskClient, token: str) -> Any:
    # a form's bytes are the caller's: what is no Unicode goes as it is
    return client.post("/client_lk", data={"session": token.encode("utf-8", "surrogatepass")})


def in_cookie(client: FlaskClient, token: str) -> Any:
    cookie = {"HTTP_COOKIE": as_header(f"session={token}")}
    return client.post("/client_lk", json={}, environ_overrides=cookie)


DOORS: Mapping[str, Door] = {
    "wellbeing, Token": in_header("GET", "/users/notifications_count/", "Token {}"),
    "wellbeing, Bearer": in_header("GET", "/users/notifications_count/", "Bearer {}"),
    "accounts, bare": in_header("GET", "/protected", "{}"),
    "accounts, Bearer": in_header("GET", "/protected", "Bearer {}"),
    "accounts, Basic": as_basic,
    "matching, header": in_header("POST", "/client_lk", "Bearer {}"),
    "matching, body": in_body("session"),
    "matching, second name in the body": in_body("session_token"),
    "matching, form": in_form,
    "matching, cookie": in_cookie,
    "clean": in_header("GET", "/api/v1/accounts/me", "Bearer {}"),
}


def is_refused(door: str, answer: Any) -> bool:
    """Tell whether the answer is the dialect's word for 401."""
    body = answer.get_json(silent=True) or {}
    if door.startswith("wellbeing"):
        return answer.status_code == 401 and set(body) == {"detail"}
    if door.startswith("accounts"):
        return answer.status_code == 401 and body == {"error": "Invalid or expired token"}
    if door == "clean":
        return answer.status_code == 401 and answer.mimetype == "application/problem+json"
    allowed = {"Invalid session"}
    if door in ("matching, body", "matching, second name in the body", "matching, form"):
        allowed |= set(UNSENDABLE_IN_A_BODY)
    return answer.status_code == 200 and body["status"] is False and body["error"] in allowed


def is_trimmed(door: str, name: str, token: str) -> bool:
    """Tell whether the door takes away what is wrong: bodies are trimmed, cookies have quotes."""
    if door == "matching, cookie" and name == "in quotes":
        return True
    return door.startswith("matching") and token != token.strip() and name.endswith("at the end")


@pytest.mark.parametrize("door", DOORS)
def test_no_forged_token_opens_a_door(
    door: str, client: FlaskClient, services: Services, forger: Work
) -> None:
    maker, lured = forger
    assert not is_refused(door, DOORS[door](client, maker.good()))
    for stub in services.values():
        stub.asked.clear()
    let_in = []
    tokens = maker.tokens()
    assert len(tokens) >= 40
    for name, token in tokens.items():
        if is_trimmed(door, name, token):
            continue
        answer = DOORS[door](client, token)
        if not is_refused(door, answer):
            let_in.append(f"{name}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")
    assert let_in == []
    assert asked_beside_own_questions(services) == []
    assert lured == []


@pytest.mark.parametrize("request_", TOKEN_ROWS, ids=lambda each: each.name)
def test_no_row_that_wants_a_token_takes_a_forged_one(
    request_: GoodRequest, client: FlaskClient, services: Services, forger: Work
) -> None:
    tokens = forger[0].tokens()
    is_matching = request_.row.dialect.name == "matching"
    for name in FEW:
        headers = {} if is_matching else {"Authorization": f"Bearer {tokens[name]}"}
        fields = {**request_.fields, **({"session": tokens[name]} if is_matching else {})}
        body: dict[str, Any] = {"json": fields}
        if request_.picture is not None:
            body = {"data": {"picture": (BytesIO(request_.picture), "p.jpg")}}
        answer = client.open(
            request_.path,
            method=request_.row.methods[0],
            query_string=dict(request_.query),
            headers=headers,
            **body,
        )
        read = body_of(answer)
        if is_matching:
            assert (answer.status_code, read["error"]) == (200, "Invalid session"), name
        else:
            assert answer.status_code == 401, (name, read)
    assert asked_beside_own_questions(services) == []
