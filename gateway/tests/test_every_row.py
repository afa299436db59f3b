"""What every row answers to callers who are nobody, at all or any more; made from the table."""

from typing import Any

import jwt
import pytest
from flask import Flask

from gateway.routes import LEGACY_ROWS, TokenRule
from gateway.tests.conftest import body_of
from gateway.tests.driving import parts_of
from gateway.tests.good_requests import ACCOUNT_ID, GOOD_REQUESTS, GoodRequest
from gateway.tests.stub_services import Reply, StubService, problem
from shared.testing.tokens import TokenMaker

Services = dict[str, StubService]
CLOSED = [good for good in GOOD_REQUESTS if good.row.token is TokenRule.REQUIRED]
# the hour in a good request is one of the tests' own day, and refused before a service is asked
ABOUT_THE_CALLER = [
    good for good in CLOSED if not good.row.is_about_anybody and "psy_time_slots" not in good.fields
]
KINDS = ("none", "forged", "expired", "ended")
WELLBEING = {
    "none": "Authentication credentials were not provided.",
    "forged": "Invalid token",
    "expired": "Token has expired",
    "ended": "Invalid token",
    "lost": "User inactive or deleted",
}
FORM = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\np\r\n--b--\r\n'


def sent(gateway: Flask, good: GoodRequest, token: str | None) -> Any:
    """Send a row's good request with the token where the row's dialect keeps it."""
    headers: dict[str, str] = {}
    fields = dict(good.fields)
    if good.row.number == "MX":
        fields["session"] = token or ""
    elif good.row.dialect.name == "matching" and token is not None:
        fields["session"] = token
    elif token is not None:
        headers["Authorization"] = f"Token {token}"
    body: dict[str, Any] = {"json": fields} if fields or good.row.methods != ("GET",) else {}
    if good.picture is not None:
        body = {"data": FORM, "content_type": "multipart/form-data; boundary=b"}
    return gateway.test_client(use_cookies=False).open(
        good.path, method=good.row.methods[0], headers=headers, query_string=good.query, **body
    )


def refusal(good: GoodRequest, kind: str) -> tuple[int, object, str | None]:
    """Give status, body and challenge by page C of the contracts."""
    if good.row.dialect.name == "wellbeing":
        return 401, {"detail": WELLBEING[kind]}, "Token"
    if good.row.dialect.name == "matching":
        return 200, {"status": False, "error": "Invalid session"}, None
    is_check = good.row.number in ("A7", "A8")
    text = "Invalid or expired token" if is_check else "Unauthorized: User authentication failed"
    return 401, {"error": text}, "Bearer"


def told(response: Any) -> tuple[int, object, str | None]:
    return response.status_code, body_of(response), response.headers.get("WWW-Authenticate")


def token_of(kind: str, maker: TokenMaker, gateway: Flask) -> str | None:
    if kind == "none":
        return None
    if kind == "forged":
        head, claims, _ = maker.token(ACCOUNT_ID).split(".")
        return ".".join((head, claims, TokenMaker().token(ACCOUNT_ID).split(".")[2]))
    if kind == "expired":
        return maker.token(ACCOUNT_ID, expires_in_seconds=-1)
    token = maker.token(ACCOUNT_ID, session_id="ended-one")
    expires_at = jwt.decode(token, options={"verify_signature": False})["exp"]
    parts_of(gateway).keeper._store.end("ended-one", expires_at)
    return token


def test_all_rows_but_the_open_ones_are_here() -> None:
    expected = {f"W{number}" for number in range(5, 25)} - {"W18", "W19", "W20"}
    expected |= {"A2", "A3", "A4", "A5", "A7", "A8", "MX"}
    expected |= {f"M{number}" for number in range(3, 13)}
    assert expected <= {good.row.number for good in CLOSED}
    closed = {row.number for row in LEGACY_ROWS if row.token is TokenRule.REQUIRED}
    assert {good.row.number for good in CLOSED} == closed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("good", CLOSED, ids=lambda good: good.name)
def test_a_token_that_does_not_open_is_refused_in_the_dialects_words(
    good: GoodRequest, kind: str, gateway: Flask, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply(
        "GET", f"/internal/v1/accounts/{ACCOUNT_ID}", Reply(json={"is_locked": False})
    )
    response = sent(gateway, good, token_of(kind, token_maker, gateway))
    assert told(response) == refusal(good, kind)
    asked = [each.path for stub in services.values() for each in stub.asked]
    assert [path for path in asked if path.startswith("/api/")] == []


@pytest.mark.parametrize("code", ["account_not_found", "profile_not_found"])
@pytest.mark.parametrize("good", ABOUT_THE_CALLER, ids=lambda good: good.name)
def test_a_good_token_of_an_account_nobody_knows_is_a_dead_accounts(
    good: GoodRequest, code: str, gateway: Flask, services: Services, token_maker: TokenMaker
) -> None:
    """As after a restore of an older backup."""
    for stub in services.values():
        stub.script = lambda _asked: problem(404, code)
    response = sent(gateway, good, token_maker.token(ACCOUNT_ID))
    assert told(response) == refusal(good, "lost")
