"""Every cell of the gateway's own error table: the same fault at a URL of each dialect."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient

from gateway.tests.conftest import GatewayFactory, body_of
from gateway.tests.driving import parts_of
from gateway.tests.stub_services import Reply, StubService, problem
from gateway.upstreams import Patience
from shared.testing.tokens import TokenMaker

Call = Callable[..., Any]


def _wellbeing(client: FlaskClient, token: str | None, **more: Any) -> Any:
    headers = {"Authorization": f"Token {token}"} if token else {}
    return client.post("/users/update_profile/", headers=headers, **{"json": {}, **more})


def _accounts(client: FlaskClient, token: str | None, **more: Any) -> Any:
    headers = {"Authorization": f"{token}"} if token else {}
    return client.put("/users/update/1", headers=headers, **{"json": {}, **more})


def _matching(client: FlaskClient, token: str | None, **more: Any) -> Any:
    headers = {"Authorization": f"{token}"} if token else {}
    return client.post("/client_lk", headers=headers, **{"json": {}, **more})


CALLS: dict[str, Call] = {
    "wellbeing": _wellbeing,
    "accounts": _accounts,
    "matching": _matching,
}


def answered(dialect: str, status: int, text: str) -> tuple[int, dict[str, object]]:
    """Give status and body of a refusal as the dialect's clients know it."""
    if dialect == "wellbeing":
        return status, {"detail": text}
    if dialect == "accounts":
        return status, {"error": text}
    return status, {"status": False, "error": text}


def seen(response: Any) -> tuple[int, Any]:
    return response.status_code, body_of(response)


TOKEN_CASES = [
    ("wellbeing", "none", 401, "Authentication credentials were not provided."),
    ("accounts", "none", 401, "Unauthorized: User authentication failed"),
    ("matching", "none", 200, "Invalid session"),
    ("wellbeing", "forged", 401, "Invalid token"),
    ("accounts", "forged", 401, "Unauthorized: User authentication failed"),
    ("matching", "forged", 200, "Invalid session"),
    ("wellbeing", "ended", 401, "Invalid token"),
    ("accounts", "ended", 401, "Unauthorized: User authentication failed"),
    ("matching", "ended", 200, "Invalid session"),
    ("wellbeing", "expired", 401, "Token has expired"),
    ("accounts", "expired", 401, "Unauthorized: User authentication failed"),
    ("matching", "expired", 200, "Invalid session"),
    ("wellbeing", "locked", 401, "User inactive or deleted"),
    ("accounts", "locked", 401, "Unauthorized: User authentication failed"),
    ("matching", "locked", 200, "Invalid session"),
    ("wellbeing", "erased", 401, "User inactive or deleted"),
    ("accounts", "erased", 401, "Unauthorized: User authentication failed"),
    ("matching", "erased", 200, "Invalid session"),
]


def _token(kind: str, maker: TokenMaker, gateway: Flask, auth: StubService) -> str | None:
    if kind == "none":
        return None
    if kind == "forged":
        return maker.token()[:-6] + "AAAAAA"
    if kind == "expired":
        return maker.token(expires_in_seconds=-10)
    token = maker.token(account_id=7, session_id="ended-one")
    claims = jwt.decode(token, options={"verify_signature": False})
    parts_of(gateway).keeper._store.end("ended-one", claims["exp"])
    account = {"is_locked": kind == "locked", "erased": False}
    known = problem(404, "account_not_found") if kind == "erased" else Reply(json=account)
    auth.reply("GET", "/internal/v1/accounts/7", known)
    return token


@pytest.mark.parametrize(("dialect", "kind", "status", "text"), TOKEN_CASES)
def test_a_bad_token_is_refused_in_the_dialect(
    dialect: str,
    kind: str,
    status: int,
    text: str,
    gateway: Flask,
    services: dict[str, StubService],
    token_maker: TokenMaker,
) -> None:
    token = _token(kind, token_maker, gateway, services["auth"])
    response = CALLS[dialect](gateway.test_client(), token)
    assert seen(response) == answered(dialect, status, text)
    expected = {"wellbeing": "Token", "accounts": "Bearer", "matching": None}[dialect]
    assert response.headers.get("WWW-Authenticate") == expected
    assert services["profile"].asked == services["booking"].asked == []


@pytest.mark.parametrize("path", ["/logout", "/protected"])
@pytest.mark.parametrize("kind", ["none", "forged", "expired", "ended", "locked"])
def test_the_token_checks_of_accounts_know_one_refusal(
    path: str,
    kind: str,
    gateway: Flask,
    services: dict[str, StubService],
    token_maker: TokenMaker,
) -> None:
    token = _token(kind, token_maker, gateway, services["auth"])
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    method = "POST" if path == "/logout" else "GET"
    response = gateway.test_client().open(path, method=method, headers=headers)
    assert seen(response) == (401, {"error": "Invalid or expired token"})


@pytest.mark.parametrize("kind", ["forged", "expired", "ended"])
def test_the_matching_logout_answers_every_bad_token_alike(
    kind: str, gateway: Flask, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    token = _token(kind, token_maker, gateway, services["auth"])
    response = gateway.test_client().post("/logout", json={"session": token})
    assert seen(response) == (200, {"status": False, "error": "Invalid session"})


def test_an_unverified_address_is_refused_by_wellbeing_alone(
    client: FlaskClient, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    token = token_maker.token(is_verified=False)
    response = client.get("/users/my_profile/", headers={"Authorization": f"Token {token}"})
    assert seen(response) == (403, {"detail": "You need to verify your email"})
    services["auth"].reply("GET", "/api/v1/accounts/me", Reply(json={"id": 1}))
    accepted = client.get("/protected", headers={"Authorization": token})
    assert seen(accepted) == (200, {"message": "Token is valid"})


@pytest.mark.parametrize(
    ("dialect", "status", "text"),
    [
        ("wellbeing", 403, "You need to change your password first."),
        ("accounts", 403, "You need to change your password first"),
        ("matching", 200, "You need to change your password first"),
    ],
)
def test_who_must_change_the_password_is_told_so_in_the_dialect(
    dialect: str,
    status: int,
    text: str,
    client: FlaskClient,
    token_maker: TokenMaker,
    asked_nobody: Callable[[], None],
) -> None:
    token = token_maker.token(role="therapist", duty="change_password")
    assert seen(CALLS[dialect](client, token)) == answered(dialect, status, text)
    asked_nobody()


def test_who_must_change_the_password_may_change_it_and_log_out(
    client: FlaskClient, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    token = token_maker.token(1, "therapist", duty="change_password")
    for method, path in (
        ("PUT", "/api/v1/accounts/me/password"),
        ("PUT", "/internal/v1/accounts/1/password"),
        ("DELETE", "/api/v1/login-sessions/current"),
    ):
        services["auth"].reply(method, path, Reply(status=204))
    theirs = {"Authorization": f"Token {token}"}
    wanted = {"old_password": "one password", "new_password": "another password"}
    changed = client.post("/users/change_password/", json=wanted, headers=theirs)
    assert seen(changed) == (200, {"message": "Password changed successfully."})
    wanted = {"existing_password": "one password", "password": "another password"}
    changed = client.put("/users/update_password/1", json=wanted, headers=theirs)
    assert seen(changed) == (200, {"message": "Password updated successfully"})
    assert seen(client.post("/logout", headers=theirs))[0] == 200
    assert seen(client.post("/logout", json={"session": token})) == (200, {"status": True})


def test_an_admin_who_must_change_the_password_opens_no_staff(
    client: FlaskClient, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    wanted = {
        "email": "mona@example.org", "user_name": "mona", "first_name": "Mona", "last_name": "Kiss",
        "password": "a quiet lake at dawn", "role": "moderator",
    }  # fmt: skip
    theirs = token_maker.headers(1, "admin", duty="change_password")
    response = client.post("/users", json=wanted, headers=theirs)
    assert seen(response) == (400, {"error": "Incorrect field"})
    asked_nobody()


def test_what_a_role_is_called_in_a_dialect_decides_nothing(
    client: FlaskClient, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    token = token_maker.token(role="user", hearth_role="therapist")
    response = client.post("/client_lk", json={"session": token})
    assert seen(response) == (200, {"status": False, "error": "Not a client"})
    asked_nobody()


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_staff_cannot_become_premium(
    role: str, client: FlaskClient, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    response = client.post("/users/upgrade_premuim/", headers=token_maker.headers(role=role))
    text = "You do not have permission to perform this action."
    assert seen(response) == (403, {"detail": text})
    asked_nobody()


@pytest.mark.parametrize("role", ["therapist", "moderator", "admin"])
@pytest.mark.parametrize(
    "path",
    [
        "/userdata", "/get_therapist_list", "/select_therapist", "/client_lk", "/re_sheldure",
        "/send_message", "/get_time", "/card_data", "/sessions_info", "/change_therapist",
    ],
)  # fmt: skip
def test_matching_is_for_clients(
    role: str,
    path: str,
    client: FlaskClient,
    token_maker: TokenMaker,
    asked_nobody: Callable[[], None],
) -> None:
    response = client.post(path, json={"session": token_maker.token(role=role)})
    assert seen(response) == (200, {"status": False, "error": "Not a client"})
    asked_nobody()


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "allow"),
    [
        ("GET", "/users/login/", 405, {"detail": 'Method "GET" not allowed.'}, "OPTIONS, POST"),
        (
            "PATCH",
            "/users/notifications",
            405,
            {"detail": 'Method "PATCH" not allowed.'},
            "DELETE, GET, HEAD, OPTIONS",
        ),
        ("GET", "/users", 405, {"error": "Method not allowed"}, "OPTIONS, POST"),
        ("DELETE", "/users/5", 405, {"error": "Method not allowed"}, "GET, HEAD, OPTIONS"),
        ("GET", "/login", 405, {"error": "Method not allowed"}, "OPTIONS, POST"),
        ("GET", "/logout", 405, {"error": "Method not allowed"}, "OPTIONS, POST"),
        (
            "GET",
            "/client_lk/",
            200,
            {"status": False, "error": "Method not allowed"},
            "OPTIONS, POST",
        ),
        (
            "DELETE",
            "/",
            200,
            {"status": False, "error": "Method not allowed"},
            "GET, HEAD, OPTIONS, POST",
        ),
    ],
)
def test_a_wrong_method_is_refused_and_told_the_right_ones(
    method: str, path: str, status: int, body: object, allow: str, client: FlaskClient
) -> None:
    response = client.open(path, method=method)
    assert seen(response) == (status, body)
    assert response.headers["Allow"] == allow


LARGE = b'{"a": "' + b"x" * (64 * 1024) + b'"}'
UNREADABLE_MATCHING = {"status": False, "error": "Unreadable request body"}
BODY_CASES = [
    (LARGE, "application/json", "wellbeing", 413, {"detail": "Body too large."}),
    (LARGE, "application/json", "accounts", 413, {"error": "Body too large"}),
    (LARGE, "application/json", "matching", 200, {"status": False, "error": "Body too large"}),
    (
        b"hello",
        "text/plain",
        "wellbeing",
        415,
        {"detail": 'Unsupported media type "text/plain" in request.'},
    ),
    (b"hello", "text/plain", "accounts", 409, {"error": "Invalid request body"}),
    (b"hello", "text/plain", "matching", 200, UNREADABLE_MATCHING),
    (b"{", "application/json", "accounts", 409, {"error": "Invalid request body"}),
    (b"{", "application/json", "matching", 200, UNREADABLE_MATCHING),
    (b"[1]", "application/json", "accounts", 409, {"error": "Invalid request body"}),
    (b"[1]", "application/json", "matching", 200, UNREADABLE_MATCHING),
]  # fmt: skip


@pytest.mark.parametrize(("content", "media_type", "dialect", "status", "body"), BODY_CASES)
def test_an_unreadable_body_is_refused_in_the_dialect(
    content: bytes,
    media_type: str,
    dialect: str,
    status: int,
    body: object,
    client: FlaskClient,
    token_maker: TokenMaker,
    asked_nobody: Callable[[], None],
) -> None:
    response = CALLS[dialect](
        client, token_maker.token(), json=None, data=content, content_type=media_type
    )
    assert seen(response) == (status, body)
    asked_nobody()


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "gzip, identity", "zstd"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/users/login/", 415),
        ("POST", "/users/change_profile_picture/", 415),
        ("POST", "/users", 409),
        ("POST", "/login", 409),
        ("POST", "/registration", 200),
        ("POST", "/api/v1/registrations", 415),
        ("PUT", "/api/v1/profiles/me/picture", 415),
        ("POST", "/app/set-password", 415),
    ],
)
def test_a_compressed_body_is_refused_in_the_dialect(
    coding: str,
    method: str,
    path: str,
    status: int,
    client: FlaskClient,
    token_maker: TokenMaker,
    asked_nobody: Callable[[], None],
) -> None:
    headers = {**token_maker.headers(), "Content-Encoding": coding}
    response = client.open(path, method=method, data=b"\x1f\x8b\x08", headers=headers)
    assert response.status_code == status
    if path == "/users/login/":
        assert body_of(response)["detail"].startswith("Unsupported media type")
    if path == "/registration":
        assert body_of(response)["status"] is False
    asked_nobody()


def test_a_body_that_says_it_is_not_compressed_is_read(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "identity"}
    assert client.post("/api/v1/registrations", json={}, headers=headers).status_code == 200
    assert client.get("/api/v1/stages", headers={"Content-Encoding": "gzip"}).status_code == 200


UNREADABLE = [
    b"{",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"\xff\xfe",
    b'{"a": 1' + b"0" * 30 + b"}",
    b"[" * 20_000,
    b'{"a":' * 10_000,
    b'\xef\xbb\xbf{"a": 1}',
]


@pytest.mark.parametrize("content", UNREADABLE, ids=range(len(UNREADABLE)))
def test_malformed_json_tells_wellbeing_the_reason(
    content: bytes, client: FlaskClient, token_maker: TokenMaker
) -> None:
    response = _wellbeing(client, token_maker.token(), json=None, data=content)
    assert response.status_code == 400
    assert body_of(response)["detail"].startswith("JSON parse error - ")
    assert len(body_of(response)["detail"]) > len("JSON parse error - ")


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"[1]", "list"), (b'"a"', "str"), (b"5", "int"), (b"1.5", "float"), (b"true", "bool")],
)
def test_json_without_an_object_is_a_field_error_of_wellbeing(
    content: bytes, found: str, client: FlaskClient, token_maker: TokenMaker
) -> None:
    response = _wellbeing(client, token_maker.token(), json=None, data=content)
    text = f"Invalid data. Expected a dictionary, but got {found}."
    assert seen(response) == (400, {"non_field_errors": [text]})


@pytest.mark.parametrize("path", ["/users/login", "/login", "/registration", "/users"])
def test_a_hundred_thousand_brackets_bring_nothing_down(
    path: str, client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    for content in (b"[" * 100_000, b"[" * 60_000, b'{"user_mail":' + b"[" * 60_000):
        response = client.post(path, data=content, content_type="application/json")
        assert response.status_code in (200, 400, 409, 413)
        body = body_of(response)
        assert body.get("status", False) is False
    asked_nobody()


@pytest.mark.parametrize("content", [b"", b"null", b"  \n", b"{}"])
def test_an_empty_body_and_null_are_an_empty_object(
    content: bytes, client: FlaskClient, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    headers = {"Authorization": f"Token {token_maker.token(account_id=4)}"}
    services["profile"].reply(
        "PATCH",
        "/api/v1/profiles/me",
        Reply(json={"account_id": 4, "birth_date": None, "gender": None, "specialty": None}),
    )
    response = client.post("/users/update_profile/", data=content, headers=headers)
    assert response.status_code == 200
    assert services["profile"].asked[-1].json == {}
    assert body_of(client.post("/registration", data=content))["error"].startswith(
        "Incorrect field"
    )


@pytest.mark.parametrize("dialect", CALLS)
def test_a_service_that_is_down_is_a_503_with_retry_after(
    dialect: str, make_gateway: GatewayFactory, token_maker: TokenMaker
) -> None:
    unreachable = {f"{name}_URL": "http://127.0.0.1:9" for name in ("AUTH", "PROFILE", "BOOKING")}
    gateway = make_gateway(is_loaded=False, **unreachable)
    parts_of(gateway).keeper._store.load([])
    more = {} if dialect != "accounts" else {"json": {
        "email": "a@example.org", "user_name": "a", "first_name": "a", "last_name": "a"
    }}  # fmt: skip
    response = CALLS[dialect](gateway.test_client(), token_maker.token(), **more)
    text = "Service unavailable." if dialect == "wellbeing" else "Service unavailable"
    assert seen(response) == answered(dialect, 503, text)
    assert int(response.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_service_that_says_it_cannot_is_a_503_with_its_own_delay(
    status: int, client: FlaskClient, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    services["booking"].script = lambda _asked: Reply(
        status=status, json={"code": "unavailable"}, headers={"Retry-After": "7"}
    )
    response = _matching(client, token_maker.token())
    assert seen(response) == answered("matching", 503, "Service unavailable")
    assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("dialect", "status", "text"),
    [
        ("wellbeing", 500, "Internal server error."),
        ("accounts", 500, "Internal server error"),
        ("matching", 200, "Internal server error"),
    ],
)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, json={"code": "internal_error", "detail": "secret"}),
        Reply(status=302, json={}, headers={"Location": "http://elsewhere/"}),
        Reply(content=b"{not json", headers={"Content-Type": "application/json"}),
        Reply(json=["not", "what", "was", "agreed"]),
    ],
    ids=["500", "redirect", "no JSON", "another shape"],
)
def test_anything_unexpected_is_the_dialects_500(
    reply: Reply,
    dialect: str,
    status: int,
    text: str,
    client: FlaskClient,
    services: dict[str, StubService],
    token_maker: TokenMaker,
) -> None:
    for stub in services.values():
        stub.script = lambda _asked: reply
    more = {} if dialect != "accounts" else {"json": {
        "email": "a@example.org", "user_name": "a", "first_name": "a", "last_name": "a"
    }}  # fmt: skip
    response = CALLS[dialect](client, token_maker.token(), **more)
    assert seen(response) == answered(dialect, status, text)


def test_an_unexpected_error_keeps_its_words_to_itself(
    client: FlaskClient, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*_arguments: object) -> None:
        raise RuntimeError("anna@example.org wrote this")

    monkeypatch.setattr("gateway.clean_api.target_of", mistake)
    assert client.get("/api/v1/stages").status_code == 500
    told = "".join(capfd.readouterr())
    assert "anna" not in told
    assert "wrote this" not in told


@pytest.mark.parametrize("dialect", CALLS)
def test_a_services_own_limit_is_a_429_in_every_dialect(
    dialect: str, client: FlaskClient, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    for stub in services.values():
        stub.script = lambda _asked: Reply(
            status=429, json={"code": "too_many_requests"}, headers={"Retry-After": "17"}
        )
    more = {} if dialect != "accounts" else {"json": {
        "email": "a@example.org", "user_name": "a", "first_name": "a", "last_name": "a"
    }}  # fmt: skip
    response = CALLS[dialect](client, token_maker.token(), **more)
    text = "Too many requests"
    if dialect == "wellbeing":
        text = "Request was throttled. Expected available in 17 seconds."
    assert seen(response) == answered(dialect, 429, text)
    assert response.headers["Retry-After"] == "17"


def test_the_matching_login_always_answers_with_a_session_key(
    make_gateway: GatewayFactory,
) -> None:
    gateway = make_gateway(
        Patience(connect_seconds=0.2), is_loaded=False, AUTH_URL="http://127.0.0.1:9"
    )
    response = gateway.test_client().post(
        "/login", json={"user_mail": "vasya@mail.ru", "password": "password"}
    )
    assert seen(response) == (
        503,
        {"status": False, "session": "", "error": "Service unavailable"},
    )


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/users/nothing/here/", 404, {"detail": "Not found."}),
        ("/users//5", 404, {"detail": "Not found."}),
        ("/users//", 404, {"detail": "Not found."}),
    ],
)
def test_an_unknown_path_below_users_is_a_wellbeing_404(
    path: str, status: int, body: object, client: FlaskClient
) -> None:
    assert seen(client.get(path)) == (status, body)


UNREADABLE_SEGMENTS = ("%00", "%ff", "%0a", "5%00", "5%7f", "%c3%28", "%ed%a0%80", "%1b5")


@pytest.mark.parametrize("segment", UNREADABLE_SEGMENTS)
def test_a_path_of_unreadable_bytes_is_answered_in_the_dialect_of_its_place(
    segment: str,
    client: FlaskClient,
    token_maker: TokenMaker,
    asked_nobody: Callable[[], None],
) -> None:
    known = token_maker.headers()

    def answer(method: str, path: str, headers: Mapping[str, str] = known) -> tuple[int, Any]:
        # as a server gives it: the test client would replace what is no UTF-8
        raw = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1")}
        return seen(client.open(path, method=method, headers=headers, environ_overrides=raw))

    nobody = {"message": "User not found", "error": "User not found"}
    for prefix in ("/users/others_profile", "/users/profile_picture"):
        assert answer("GET", f"{prefix}/{segment}/") == (404, nobody)
        assert answer("GET", f"{prefix}/{segment}/", {})[0] == 401
    for path in (f"/users/{segment}/x", f"/users/x/{segment}/", f"/users/update/{segment}/5"):
        assert answer("GET", path) == (404, {"detail": "Not found."})
    incorrect = {"error": "Incorrect field"}
    assert answer("GET", f"/users/{segment}") == (400, incorrect)
    for prefix in ("/users/update", "/users/update_password"):
        assert answer("PUT", f"{prefix}/{segment}") == (400, incorrect)
    assert answer("DELETE", f"/users/{segment}") == (405, {"error": "Method not allowed"})
    for path in (segment, f"login{segment}", f"api/v1/profiles/{segment}", f"docs/{segment}"):
        status, body = answer("GET", f"/{path}")
        assert (status, body["code"]) == (404, "not_found")
    asked_nobody()


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/Login", "/metrics", "/internal/v1/accounts/1", "/api/v1", "/api/v1/",
        "/api/v1/unheard-of", "/api/v1/accounts/../../internal/v1/accounts/1", "/api/v1//accounts",
        "/api/v1/accounts/%2e%2e/x", "/api/v1/accounts/%2F/x", "/api/v1/accounts/%00",
        "/api/v2/accounts", "/api/v1/Accounts", "/%ff", "/docs/flask_swagger_ui.py",
    ],
)  # fmt: skip
def test_any_other_unknown_path_is_a_404_problem_document(
    path: str, client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body_of(response)["code"] == "not_found"
    asked_nobody()


def test_an_unknown_kid_the_none_algorithm_and_another_key_are_forged(
    client: FlaskClient, token_maker: TokenMaker
) -> None:
    claims = jwt.decode(token_maker.token(), options={"verify_signature": False})
    other = Ed25519PrivateKey.generate()
    forged = [
        jwt.encode(claims, "", algorithm="none", headers={"kid": token_maker.key_id}),
        jwt.encode(claims, other, algorithm="EdDSA", headers={"kid": "unknown"}),
        jwt.encode(claims, other, algorithm="EdDSA", headers={"kid": token_maker.key_id}),
        jwt.encode(claims, other, algorithm="EdDSA"),
        jwt.encode(claims, "k" * 64, algorithm="HS256", headers={"kid": token_maker.key_id}),
        token_maker.token().rsplit(".", 1)[0] + ".",
        "a.b.c",
        "not-a-token",
        "x" * 9000,
    ]  # fmt: skip
    for token in forged:
        for response in (
            client.get("/users/my_profile", headers={"Authorization": f"Token {token}"}),
            client.get("/users/1", headers={"Authorization": f"Bearer {token}"}),
            client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {token}"}),
        ):
            assert response.status_code == 401, token
        body = body_of(client.post("/client_lk", json={"session": token}))
        assert body == {"status": False, "error": "Invalid session"}


def test_an_unreadable_store_of_ended_sessions_is_a_503_and_no_open_door(
    make_gateway: GatewayFactory, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    client = make_gateway(is_loaded=False).test_client()
    for dialect, call in CALLS.items():
        response = call(client, token_maker.token())
        text = "Service unavailable." if dialect == "wellbeing" else "Service unavailable"
        assert seen(response) == answered(dialect, 503, text)
    clean = client.get("/api/v1/accounts/me", headers=token_maker.headers())
    assert clean.status_code == 503
    assert int(clean.headers["Retry-After"]) >= 1
    asked_nobody()


def test_the_problem_document_of_the_clean_api_names_the_code_and_the_request(
    client: FlaskClient,
) -> None:
    response = client.get(
        "/api/v1/accounts/me",
        headers={"Authorization": "Bearer a.b.c", "X-Request-ID": "my-request-number-1"},
    )
    body = json.loads(response.get_data())
    assert body["code"] == "invalid_token"
    assert body["status"] == response.status_code == 401
    assert body["request_id"] == response.headers["X-Request-ID"] == "my-request-number-1"
    assert response.headers["WWW-Authenticate"] == "Bearer"
