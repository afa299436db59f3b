"""What passes between a caller and a service on the clean API, and what every answer carries."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.routes import LEGACY_ROWS
from gateway.tests.conftest import GatewayFactory, body_of
from gateway.tests.good_requests import ACCOUNT_ID, GOOD_REQUESTS, GoodRequest
from gateway.tests.stub_services import Reply, StubService, problem
from shared.testing.tokens import INTERNAL_KEY, TokenMaker

Services = dict[str, StubService]


def test_a_clean_request_reaches_its_service_and_its_answer_comes_back(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["booking"].reply(
        "POST",
        "/api/v1/appointments",
        Reply(status=201, json={"id": 9}, headers={"Location": "/api/v1/appointments/9"}),
    )
    token = token_maker.token()
    response = client.post(
        "/api/v1/appointments?x=1&y=%C3%A9",
        json={"practitioner_id": 5},
        headers={
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": "k1",
            "Accept-Language": "ru",
        },
    )
    assert (response.status_code, body_of(response)) == (201, {"id": 9})
    assert response.headers["Location"] == "/api/v1/appointments/9"
    asked = services["booking"].asked[-1]
    assert asked.target == "/api/v1/appointments?x=1&y=%C3%A9"
    assert asked.json == {"practitioner_id": 5}
    assert asked.headers["authorization"] == f"Bearer {token}"
    assert asked.headers["idempotency-key"] == "k1"
    assert asked.headers["accept-language"] == "ru"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-request-id"] == response.headers["X-Request-ID"]
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
    assert asked.headers["host"] == services["booking"].url.removeprefix("http://")


@pytest.mark.parametrize("noun", ["accounts/5", "profiles/me", "slots", "stages", "notifications"])
def test_each_noun_goes_to_its_own_service(
    noun: str, client: FlaskClient, services: Services
) -> None:
    owners = {
        "accounts/5": "auth", "profiles/me": "profile", "stages": "chat",
        "notifications": "notification",
    }  # fmt: skip
    client.get(f"/api/v1/{noun}")
    asked = {
        name for name, stub in services.items() if f"/api/v1/{noun}" in [a.path for a in stub.asked]
    }
    assert asked == ({owners[noun]} if noun in owners else set())


@pytest.mark.parametrize(
    "name",
    [
        "X-Internal-Key", "X-User-Id", "X-User-Role", "X-Forwarded-Host", "X-Forwarded-Proto",
        "X-Real-IP", "Forwarded", "Cookie", "Proxy-Authorization", "TE", "Upgrade", "Trailer",
        "Keep-Alive", "X-Secret-Hop", "Expect", "X-HTTP-Method-Override",
    ],
)  # fmt: skip
def test_what_a_caller_could_pretend_with_is_dropped(
    name: str, client: FlaskClient, services: Services
) -> None:
    headers = {name: INTERNAL_KEY, "Connection": "close, X-Secret-Hop", "X-Kept": "yes"}
    client.get("/api/v1/stages", headers=headers)
    asked = services["chat"].asked[-1]
    assert name.lower() not in asked.headers
    assert asked.headers["x-kept"] == "yes"
    assert "connection" not in asked.headers


def test_the_forwarded_address_is_the_peers_unless_a_trusted_proxy_says_otherwise(
    make_gateway: GatewayFactory, services: Services
) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.7, 198.51.100.4, 10.0.0.9",
        "X-Forwarded-Proto": "https",
        "X-Internal-Key": "x",
    }
    make_gateway().test_client().get("/api/v1/stages", headers=headers)
    assert services["chat"].asked[-1].headers["x-forwarded-for"] == "127.0.0.1"
    trusting = make_gateway(TRUSTED_PROXIES="127.0.0.0/8,10.0.0.0/8").test_client()
    trusting.get("/api/v1/stages", headers=headers)
    asked = services["chat"].asked[-1]
    assert asked.headers["x-forwarded-for"] == "198.51.100.4"
    assert asked.headers["x-forwarded-proto"] == "https"
    assert "x-internal-key" not in asked.headers
    trusting.get("/api/v1/stages", headers={"X-Forwarded-For": "not-an-address"})
    assert services["chat"].asked[-1].headers["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("0b9f4a5e-6c7d-4e9f-8a1b-2c3d4e5f6a7b", True),
        ("abc-123_X" * 2, True),
        ("abc-123_X.y", False),
        ("4242424242424242", False),
        ("card-4242-4242-4242-4242", False),
        ("a" * 65, False),
        ("two words", False),
        ("", False),
        ("é", False),
    ],
)
def test_a_request_id_is_kept_when_it_is_usable(
    sent: str, is_kept: bool, client: FlaskClient, services: Services
) -> None:
    response = client.get("/api/v1/stages", headers={"X-Request-ID": sent})
    found = response.headers["X-Request-ID"]
    assert (found == sent) == is_kept
    assert services["chat"].asked[-1].headers["x-request-id"] == found


WRITING_ONCE = ("W6", "W10", "W12", "W13", "W17", "W22", "W23", "A3", "M3", "M5", "M7", "M8", "M12")


def test_the_rows_that_write_are_done_once_and_no_other() -> None:
    """Never logins, codes, passwords or cards: their answers must not be kept."""
    assert tuple(row.number for row in LEGACY_ROWS if row.is_done_once) == WRITING_ONCE


@pytest.mark.parametrize(
    ("sent", "is_passed"),
    [("abc-1", True), ("k" * 128, True), ("k" * 129, False), ("", False), ("\x7f", False)],
)
def test_an_idempotency_key_reaches_the_service_of_an_old_row(
    sent: str,
    is_passed: bool,
    client: FlaskClient,
    services: Services,
    token_maker: TokenMaker,
) -> None:
    services["booking"].script = lambda _asked: Reply(json={"cancelled": []})
    body = {"session": token_maker.token()}
    client.post("/change_therapist", json=body, headers={"Idempotency-Key": sent})
    found = services["booking"].asked[-1].headers.get("idempotency-key")
    assert found == (sent if is_passed else None)
    card = {**body, "card_number": "4242424242424242"}
    client.post("/card_data", json=card, headers={"Idempotency-Key": sent})
    for asked in services["booking"].asked:
        assert "payment" not in asked.path or "idempotency-key" not in asked.headers


def test_a_key_used_for_another_body_is_refused_in_the_dialect(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    for stub in services.values():
        stub.script = lambda _asked: problem(409, "idempotency_key_reused")
    headers = {**token_maker.headers(), "Idempotency-Key": "k"}
    wellbeing = client.post("/users/update_profile/", json={"name": "A"}, headers=headers)
    assert wellbeing.status_code == 409
    assert "Idempotency-Key" in body_of(wellbeing)["detail"]
    matching = client.post("/change_therapist", json={}, headers=headers)
    assert body_of(matching) == {"status": False, "error": "Idempotency-Key reused"}


def test_a_delete_keeps_its_body(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["chat"].reply("DELETE", "/api/v1/messages/5", Reply(status=204))
    response = client.delete(
        "/api/v1/messages/5", json={"why": "typo"}, headers=token_maker.headers()
    )
    assert response.status_code == 204
    assert response.get_data() == b""
    assert services["chat"].asked[-1].json == {"why": "typo"}


def test_a_legacy_delete_keeps_its_body(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["notification"].reply("DELETE", "/api/v1/notifications/8", Reply(status=204))
    response = client.delete("/users/notifications/", json={"id": 8}, headers=token_maker.headers())
    assert body_of(response) == {"message": "Notification deleted successfully"}


def test_a_post_without_a_body_is_framed(client: FlaskClient, services: Services) -> None:
    client.post("/api/v1/password-resets")
    assert services["auth"].asked[-1].headers["content-length"] == "0"


def test_a_services_problem_document_passes_unchanged(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["booking"].reply(
        "GET", "/api/v1/appointments/1", problem(404, "appointment_not_found")
    )
    response = client.get("/api/v1/appointments/1", headers=token_maker.headers())
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body_of(response)["code"] == "appointment_not_found"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer a.b.c", "invalid_token"),
        ("Bearer a.b.c,Bearer d.e.f", "invalid_token"),
        ("Basic dTpw", "not_authenticated"),
        ("Token x", "not_authenticated"),
        ("Bearer", "not_authenticated"),
        ("garbage", "not_authenticated"),
    ],
)
def test_a_token_that_is_not_good_never_reaches_a_service(
    authorization: str, code: str, client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    response = client.get("/api/v1/profiles/me", headers={"Authorization": authorization})
    assert (response.status_code, body_of(response)["code"]) == (401, code)
    asked_nobody()


def test_two_merged_authorization_headers_are_refused_even_when_both_are_good(
    client: FlaskClient, token_maker: TokenMaker, asked_nobody: Callable[[], None]
) -> None:
    merged = f"Bearer {token_maker.token()},Bearer {token_maker.token()}"
    for path in ("/api/v1/profiles/me", "/users/my_profile", "/protected"):
        assert client.get(path, headers={"Authorization": merged}).status_code == 401
    asked_nobody()


def test_a_refresh_goes_through_with_the_expired_token_still_in_the_header(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply(
        "POST", "/api/v1/login-sessions/refresh", Reply(status=201, json={"ok": 1})
    )
    expired = token_maker.headers(expires_in_seconds=-60)
    response = client.post("/api/v1/login-sessions/refresh", json={}, headers=expired)
    assert response.status_code == 201
    assert "authorization" not in services["auth"].asked[-1].headers


def test_a_body_over_the_limit_is_refused_but_a_picture_may_be_larger(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    large = b"x" * (64 * 1024 + 1)
    headers = token_maker.headers()
    assert client.post("/api/v1/messages", data=large, headers=headers).status_code == 413
    services["profile"].reply("PUT", "/api/v1/profiles/me/picture", Reply(json={"etag": "e"}))
    picture = b"p" * (5 * 1024 * 1024)
    answer = client.put("/api/v1/profiles/me/picture", data=picture, headers=headers)
    assert answer.status_code == 200
    assert len(services["profile"].asked[-1].body) == len(picture)
    too_large = client.put(
        "/api/v1/profiles/me/picture", data=picture + b"x" * 70_000, headers=headers
    )
    assert too_large.status_code == 413


def test_head_is_get_without_a_body(client: FlaskClient, services: Services) -> None:
    services["chat"].reply("HEAD", "/api/v1/stages", Reply(json={"items": []}))
    passed = client.head("/api/v1/stages")
    assert (passed.status_code, passed.get_data()) == (200, b"")
    assert passed.headers["Content-Length"] == str(len(b'{"items": []}'))
    legacy = client.head("/users/my_profile")
    assert (legacy.status_code, legacy.get_data()) == (401, b"")
    own = client.head("/")
    assert (own.status_code, own.get_data()) == (200, b"")
    assert int(own.headers["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW", "get"])
def test_an_unheard_of_method_is_refused(
    method: str, client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    response = client.open(
        "/api/v1/stages", method=method, environ_overrides={"REQUEST_METHOD": method}
    )
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    asked_nobody()


@pytest.mark.parametrize(
    "path", ["/", "/login", "/users/login/", "/users/5", "/api/v1/stages", "/docs", "/readyz"]
)
def test_options_is_answered_for_all_alike(
    path: str, client: FlaskClient, asked_nobody: Callable[[], None]
) -> None:
    origin = "http://localhost:3000"
    response = client.options(
        path, headers={"Origin": origin, "Access-Control-Request-Method": "PUT"}
    )
    assert response.status_code == 204
    assert "OPTIONS" in response.headers["Allow"]
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    asked_nobody()


@pytest.mark.parametrize(
    ("configured", "origin", "is_allowed"),
    [
        ("", "http://localhost:5173", True),
        ("", "http://127.0.0.1", True),
        ("", "http://localhost.evil.org", False),
        ("", "https://example.org", False),
        ("https://app.example.org", "https://app.example.org", True),
        ("https://app.example.org", "http://localhost:5173", False),
        ("https://app.example.org", "https://app.example.org.evil.org", False),
        ("https://app.example.org", "null", False),
    ],
)
def test_only_listed_origins_are_told_they_may(
    configured: str, origin: str, is_allowed: bool, make_gateway: GatewayFactory
) -> None:
    client = make_gateway(CORS_ORIGINS=configured).test_client()
    for path in ("/", "/users/5", "/api/v1/stages", "/nothing"):
        response = client.get(path, headers={"Origin": origin})
        expected = origin if is_allowed else None
        assert response.headers.get("Access-Control-Allow-Origin") == expected
        assert "Origin" in response.headers.getlist("Vary")


@pytest.mark.parametrize("path", ["/", "/users/5", "/api/v1/stages", "/nothing", "/docs", "/login"])
def test_every_answer_carries_the_security_headers(path: str, client: FlaskClient) -> None:
    response = client.get(path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-ID"]


def test_an_https_address_is_announced_for_good(make_gateway: GatewayFactory) -> None:
    client = make_gateway(PUBLIC_URL="https://hearth.example.org").test_client()
    assert "Strict-Transport-Security" in client.get("/").headers


def test_a_services_own_caching_rule_and_etag_pass(client: FlaskClient, services: Services) -> None:
    services["profile"].reply(
        "GET",
        "/api/v1/pictures/5",
        Reply(
            content=b"\xff\xd8jpeg",
            headers={
                "Content-Type": "image/jpeg",
                "ETag": '"e1"',
                "Cache-Control": "public, max-age=300",
            },
        ),
    )
    response = client.get("/api/v1/pictures/5")
    assert response.get_data() == b"\xff\xd8jpeg"
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["ETag"] == '"e1"'
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_if_match_reaches_the_service_and_its_etag_comes_back_readable_for_pages(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    def script(asked):
        if asked.headers.get("if-match") == '"e1"':
            return Reply(json={"locale": "ru"}, headers={"ETag": '"e2"'})
        return problem(412, "precondition_failed")

    services["profile"].script = script
    headers = {**token_maker.headers(), "Origin": "http://localhost:3000"}

    def patch(tag: str) -> TestResponse:
        sent = {**headers, "If-Match": tag}
        return client.patch("/api/v1/profiles/me", json={"locale": "ru"}, headers=sent)

    changed = patch('"e1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"e2"')
    assert "ETag" in changed.headers["Access-Control-Expose-Headers"].split(", ")
    refused = patch('"e0"')
    assert (refused.status_code, body_of(refused)["code"]) == (412, "precondition_failed")
    assert refused.mimetype == "application/problem+json"
    asked_before = client.options(
        "/api/v1/profiles/me",
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "if-match",
        },
    )
    assert "If-Match" in asked_before.headers["Access-Control-Allow-Headers"].split(", ")


def test_a_picture_the_caller_has_already_is_a_304_in_wellbeing_too(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    def script(asked):
        assert asked.headers["if-none-match"] == '"e1"'
        return Reply(status=304, headers={"ETag": '"e1"'})

    services["profile"].script = script
    headers = {**token_maker.headers(), "If-None-Match": '"e1"'}
    response = client.get("/users/profile_picture/5/", headers=headers)
    assert (response.status_code, response.get_data()) == (304, b"")
    assert response.headers["ETag"] == '"e1"'


def test_no_cookie_and_no_header_of_a_service_leaks(
    client: FlaskClient, services: Services
) -> None:
    services["chat"].script = lambda _asked: Reply(
        json={},
        headers={
            "Set-Cookie": "a=b",
            "Server": "secret/1.0",
            "X-Internal-Key": "k",
            "Access-Control-Allow-Origin": "*",
        },
    )
    for _ in range(2):
        response = client.get("/api/v1/stages")
        assert "Set-Cookie" not in response.headers
        assert "Server" not in response.headers
        assert "X-Internal-Key" not in response.headers
        assert "Access-Control-Allow-Origin" not in response.headers
    assert "cookie" not in services["chat"].asked[-1].headers


def test_legacy_rows_show_the_internal_key_only_where_the_row_says_so(
    client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].script = lambda _asked: problem(401, "invalid_credentials")
    login = {"email": "a@example.org", "password": "password"}
    assert client.post("/login", json=login, headers={"User-Agent": "old"}).status_code == 401
    inside = services["auth"].asked[-1]
    assert inside.path == "/internal/v1/login-sessions"
    assert inside.headers["x-internal-key"] == INTERNAL_KEY
    assert inside.headers["user-agent"] == "old"
    client.get("/users/sessions/", headers=token_maker.headers())
    outside = services["chat"].asked[-1]
    assert "x-internal-key" not in outside.headers
    assert outside.headers["authorization"].startswith("Bearer ")


def test_a_redirect_of_the_environments_proxy_is_not_taken(
    make_gateway: GatewayFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert make_gateway().test_client().get("/api/v1/stages").status_code == 200


def test_only_get_may_be_redirected(client: FlaskClient, services: Services) -> None:
    services["chat"].script = lambda _asked: Reply(status=308, headers={"Location": "/x"}, json={})
    assert client.post("/api/v1/messages", json={}).status_code == 500
    assert client.get("/api/v1/messages").status_code == 308


@pytest.mark.parametrize("query", ["a=\xff", "a=%00", "a b", "x=<script>", "%", "a=\u00e9"])
def test_a_strange_query_is_no_failure(query: str, client: FlaskClient) -> None:
    for path in ("/api/v1/stages", "/users/pagination", "/users/chat/"):
        response = client.get(path, environ_overrides={"QUERY_STRING": query})
        assert response.status_code < 500


READING = [good for good in GOOD_REQUESTS if good.row.methods == ("GET",)]


@pytest.mark.parametrize("good", READING, ids=lambda good: good.row.number)
def test_asking_for_the_head_of_a_legacy_url_changes_nothing(
    good: GoodRequest,
    client: FlaskClient,
    services: dict[str, StubService],
    token_maker: TokenMaker,
) -> None:
    headers = token_maker.headers(ACCOUNT_ID)
    response = client.head(good.path, headers=headers, query_string=good.query)
    assert response.get_data() == b""
    asked = [each for stub in services.values() for each in stub.asked if "Bearer" in str(each)]
    assert [each.method for each in asked] == ["GET"]


def test_the_head_of_the_notifications_is_that_of_the_list_they_would_be_read_in(
    client: FlaskClient, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    items = [
        {
            "id": 3, "kind": "alert", "description": "d", "created_at": "2026-07-01T10:00:00.000Z",
            "is_read": False, "account_id": 1,
        }
    ]  # fmt: skip
    services["notification"].reply("GET", "/api/v1/notifications", Reply(json={"items": items}))
    services["notification"].reply(
        "POST", "/api/v1/notifications/read", Reply(json={"items": items})
    )
    headers = token_maker.headers()
    head = client.head("/users/notifications/", headers=headers)
    assert [each.method for each in services["notification"].asked] == ["GET"]
    whole = client.get("/users/notifications/", headers=headers)
    assert (head.status_code, head.get_data()) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.get_data()))
