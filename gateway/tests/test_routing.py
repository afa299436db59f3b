"""Which dialect answers a path, which row a body chooses, and that a table that contradicts itself
stops the start.
"""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.exchange import Translation
from gateway.legacy_urls import legacy_urls_page
from gateway.routes import (
    LARGE_CLEAN_OPERATIONS,
    LEGACY_ROWS,
    LIMITED_CLEAN_OPERATIONS,
    NOUNS,
    OPEN_CLEAN_OPERATIONS,
    OPEN_DOCUMENTS,
    LegacyMatch,
    LiveMatch,
    NoMatch,
    OwnMatch,
    PassingMatch,
    PortalMatch,
    RouteCollision,
    RouteTable,
    Row,
    Service,
)
from gateway.settings import Settings
from gateway.tests.conftest import body_of
from gateway.tests.driving import parts_of
from gateway.tests.good_requests import (
    ACCOUNT_ID,
    GOOD_REQUESTS,
    SERVED_ROWS,
    SURROUNDINGS,
    GoodRequest,
)
from gateway.tests.stub_services import Reply, StubService
from gateway.tests.translations.rows import identity_of
from gateway.translations import TRANSLATIONS
from shared.testing.tokens import TokenMaker

OPENAPI = Path(__file__).parents[2] / "shared" / "contracts" / "openapi"
TABLE = RouteTable(LEGACY_ROWS, TRANSLATIONS)


def meaning(path: str) -> str:
    """Say in a word what a path means: a row's number, a dialect's 404, a service, or the gateway's
    own page.
    """
    match = TABLE.find(path)
    if isinstance(match, LegacyMatch):
        return " ".join(
            f"{method}:{'/'.join(row.number for row in rows)}"
            for method, rows in sorted(match.rows.items())
        )
    if isinstance(match, PassingMatch):
        return match.service.value
    if isinstance(match, PortalMatch):
        return "portal" if match.is_plain else "404 pages"
    if isinstance(match, LiveMatch):
        return "live"
    return "own" if isinstance(match, OwnMatch) else f"404 {match.dialect.name}"


def test_the_table_has_every_row_of_the_three_contracts_once() -> None:
    numbers = [row.number for row in LEGACY_ROWS]
    contracts = {
        *(f"W{n}" for n in range(1, 25)),
        *(f"A{n}" for n in range(1, 9)),
        *(f"M{n}" for n in range(1, 14)),
        "MX",
    }
    assert contracts <= set(numbers)
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users", "POST:A1"),
        ("/users/", "POST:A1"),
        ("/users/5", "GET:A2"),
        ("/users/5/", "GET:A2"),
        ("/users/abc", "GET:A2"),
        ("/users/update", "GET:A2"),
        ("/users/update_password", "GET:A2"),
        ("/users/others_profile", "GET:A2"),
        ("/users/login", "POST:W4"),
        ("/users/login/", "POST:W4"),
        ("/users/Login", "GET:A2"),
        ("/users/update_profile", "POST:W13"),
        ("/users/change_password/", "POST:W15"),
        ("/users/update/5", "PUT:A3"),
        ("/users/update/5/", "PUT:A3"),
        ("/users/update_password/x", "PUT:A4"),
        ("/users/others_profile/x/", "GET:W7"),
        ("/users/profile_picture/5", "GET:W8"),
        ("/users/pagination", "GET:A5"),
        ("/users/notifications/", "DELETE:W10 GET:W9"),
        ("/users/verify_reset_password", "POST:W20 PUT:W19"),
        ("/users/others_profile/5/6", "404 wellbeing"),
        ("/users/update/5/6", "404 wellbeing"),
        ("/users/update//", "404 wellbeing"),
        ("/users//login", "404 wellbeing"),
        ("/login", "POST:M1/A6"),
        ("/login/", "POST:M1/A6"),
        ("/logout", "POST:MX/A7"),
        ("/protected/", "GET:A8"),
        ("/re_sheldure", "POST:M7"),
        ("//re_sheldure", "404 clean"),
        ("/re_sheldure//", "404 clean"),
        ("/RE_SHELDURE", "404 clean"),
        ("/", "GET:M13 POST:M13"),
        ("/docs", "own"),
        ("/openapi.json", "own"),
        ("/readyz/", "own"),
        ("/api/v1/accounts", "auth"),
        ("/api/v1/accounts/5/", "auth"),
        ("/api/v1/pictures/5", "profile"),
        ("/api/v1/notification-settings/me", "notification"),
        ("/api/v1/guided-sessions/5/answers", "chat"),
        ("/api/v1/care-relations/current", "booking"),
        ("/api/v1/holds", "booking"),
        ("/api/v1/holds/5", "booking"),
        ("/api/v1/screenings", "404 clean"),
        ("/.well-known/jwks.json", "auth"),
        ("/internal/v1/accounts", "404 clean"),
        ("/usersx", "404 clean"),
        ("/app", "portal"),
        ("/app/", "portal"),
        ("/app/login-sessions/", "portal"),
        ("/app//", "404 pages"),
        ("/app/../users", "404 pages"),
        ("/apps", "404 clean"),
    ],
)
def test_a_path_means_what_the_routing_rules_say(path: str, expected: str) -> None:
    assert meaning(path) == expected


@pytest.mark.parametrize("row", LEGACY_ROWS, ids=lambda row: row.number)
def test_every_row_answers_with_and_without_the_trailing_slash(row, gateway: Flask) -> None:
    client = gateway.test_client()
    path = row.path.replace("<id>", "5")
    answers = [
        client.open(form, method=row.methods[0], json={} if row.methods[0] != "GET" else None)
        for form in (path, path.rstrip("/") + "/")
    ]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].status_code not in (301, 302, 307, 308, 404, 405)
    assert answers[0].get_data() == answers[1].get_data()


@pytest.mark.parametrize(
    ("content", "media_type", "row"),
    [
        (b'{"user_mail": "a@b.hu", "password": "p"}', "application/json", "M1"),
        (b'{"user_email": "a@b.hu", "password": "p"}', "application/json", "M1"),
        (b'{"user_mail": null}', None, "M1"),
        (b"user_mail=a%40b.hu&password=p", "application/x-www-form-urlencoded", "M1"),
        (b'{"email": "a@b.hu", "password": "p"}', "application/json", "A6"),
        (b"{}", "application/json", "A6"),
        (b"", None, "A6"),
        (b'["user_mail"]', "application/json", "A6"),
        (b'{"user_mail": ', "application/json", "A6"),
        (b'{"user_mail": 1}', "text/plain", "A6"),
        (b'{"user_mail": "' + b"a" * 70_000 + b'"}', "application/json", "A6"),
    ],
)
def test_the_login_row_is_chosen_by_the_bodys_keys(
    content: bytes, media_type: str | None, row: str, gateway: Flask
) -> None:
    response = gateway.test_client().post("/login", data=content, content_type=media_type)
    is_matching = "status" in body_of(response)
    assert ("M1" if is_matching else "A6") == row
    counted = parts_of(gateway).metrics.exposition().decode()
    dialect = "matching" if is_matching else "accounts"
    counter = "hearth_gateway_legacy_requests_total"
    assert f'{counter}{{dialect="{dialect}",row="{row}",url="/login"}} 1.0' in counted


@pytest.mark.parametrize(
    ("content", "authorization", "is_matching"),
    [
        (b'{"session": "x"}', None, True),
        (b'{"session_token": "x"}', None, True),
        (b"session=x", None, True),
        (b'{"session": "x"}', "Bearer y", False),
        (b'{"token": "x"}', None, False),
        (b"", None, False),
        (b"{", None, False),
        (b"[" * 50_000, None, False),
        (b"x" * 100_000, None, False),
    ],
)
def test_the_logout_row_is_chosen_by_header_and_body(
    content: bytes, authorization: str | None, is_matching: bool, gateway: Flask
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    media_type = "application/x-www-form-urlencoded" if content.startswith(b"session=") else None
    response = gateway.test_client().post(
        "/logout", data=content, content_type=media_type, headers=headers
    )
    expected = (
        {"status": False, "error": "Invalid session"}
        if is_matching
        else {"error": "Invalid or expired token"}
    )
    assert body_of(response) == expected


def _without(number: str):
    return [row for row in LEGACY_ROWS if row.number != number]


def _row(number: str):
    return next(row for row in LEGACY_ROWS if row.number == number)


@pytest.mark.parametrize(
    "rows",
    [
        [*LEGACY_ROWS, replace(_row("W1"), number="X1")],
        [*LEGACY_ROWS, replace(_row("A2"), number="X1", path="/users/<name>")],
        [*LEGACY_ROWS, replace(_row("W1"), number="W2")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/api/v1/accounts")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/internal/v1/x")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/docs")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/docs/file")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/.well-known/jwks.json")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/with_slash/")],
        [*LEGACY_ROWS, replace(_row("M1"), number="X1")],
        [*_without("A6")],
        [*_without("W1"), replace(_row("W1"), path="/users")],
        [*LEGACY_ROWS, replace(_row("W1"), number="X1", path="/logout", methods=("PUT",))],
    ],
)
def test_a_collision_stops_the_start(rows) -> None:
    anything = TRANSLATIONS["W1"]
    with pytest.raises(RouteCollision):
        RouteTable(rows, {**TRANSLATIONS, "X1": anything})


def test_a_row_without_a_translation_stops_the_start() -> None:
    incomplete: dict[str, Translation] = {
        number: pair for number, pair in TRANSLATIONS.items() if number != "W5"
    }
    with pytest.raises(RouteCollision, match="W5"):
        RouteTable(LEGACY_ROWS, incomplete)


def test_a_noun_of_two_services_stops_the_start() -> None:
    with pytest.raises(RouteCollision, match="profiles"):
        RouteTable(
            LEGACY_ROWS,
            TRANSLATIONS,
            {Service.AUTH: ("profiles",), Service.PROFILE: ("profiles",)},
        )


def test_a_colliding_table_keeps_create_app_from_answering(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.LEGACY_ROWS", (*LEGACY_ROWS, LEGACY_ROWS[0]))
    with pytest.raises(RouteCollision):
        create_app(Settings.from_env(environment))


def test_the_page_of_legacy_urls_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "legacy_urls.md"
    assert page.read_text(encoding="utf-8") == legacy_urls_page(), (
        "run `python -m gateway legacy-urls > docs/legacy_urls.md`"
    )


def _without_names(path: str) -> str:
    return re.sub("<[^>]*>|{[^}]*}", "<>", path)


@cache
def documented_operations(service: Service | None) -> frozenset[tuple[str, str]]:
    """Give what a service's OpenAPI snapshot holds: method and path, its parameters unnamed."""
    assert service is not None
    snapshot = json.loads((OPENAPI / f"{service.value}_service.json").read_text(encoding="utf-8"))
    return frozenset(
        (method.upper(), _without_names(path))
        for path, operations in snapshot["paths"].items()
        for method in operations
        if method in ("delete", "get", "patch", "post", "put")
    )


def test_the_nouns_of_the_table_are_those_the_services_document() -> None:
    for service in Service:
        documented = {
            path.removeprefix("/api/v1/").split("/")[0]
            for _, path in documented_operations(service)
            if path.startswith("/api/v1/")
        }
        assert set(NOUNS[service]) == documented, service


def test_every_open_limited_or_large_clean_operation_is_documented() -> None:
    documented = set().union(*(documented_operations(service) for service in Service))
    named = {
        *OPEN_CLEAN_OPERATIONS,
        *LIMITED_CLEAN_OPERATIONS,
        *LARGE_CLEAN_OPERATIONS,
        *(("GET", path) for path in OPEN_DOCUMENTS),
    }
    assert named <= documented


@pytest.mark.parametrize("row", SERVED_ROWS, ids=lambda row: row.number)
def test_every_successor_is_an_operation_its_service_documents(row: Row) -> None:
    method, path = row.successor.split(" ")
    assert (method, _without_names(path)) in documented_operations(row.service)
    match = TABLE.find(re.sub("<[a-z_]+>", "5", path))
    assert isinstance(match, PassingMatch)
    assert match.service is row.service


@pytest.mark.parametrize("good", GOOD_REQUESTS, ids=lambda good: good.name)
def test_every_call_of_a_row_is_an_operation_its_service_documents(good: GoodRequest) -> None:
    request = replace(good.read(), identity=identity_of(ACCOUNT_ID))
    asked = TRANSLATIONS[good.row.number].to_service(request, SURROUNDINGS)
    path = re.sub("/[0-9]+(?=/|$)", "/<>", asked.path)
    assert (asked.method, path) in documented_operations(good.row.service)
    assert path.startswith("/internal/") == asked.is_internal


def test_the_good_requests_leave_no_row_out() -> None:
    assert {good.row.number for good in GOOD_REQUESTS} == {row.number for row in SERVED_ROWS}


def test_legacy_answers_name_their_successor(
    gateway: Flask, services: dict[str, StubService], token_maker: TokenMaker
) -> None:
    services["auth"].reply("GET", "/api/v1/accounts/me", Reply(json={"id": 1}))
    client = gateway.test_client()
    known = client.get("/protected", headers={"Authorization": token_maker.token()})
    assert known.headers["Deprecation"] == "@1795219200"
    assert known.headers["Link"] == '</api/v1/accounts/me>; rel="successor-version"'
    of_one = client.get("/users/5")
    assert of_one.headers["Link"] == '</api/v1/accounts/5>; rel="successor-version"'
    without_id = client.get("/users/abc")
    assert without_id.headers["Link"] == '</api/v1/accounts>; rel="successor-version"'
    clean = client.get("/api/v1/accounts/5")
    assert "Deprecation" not in clean.headers
    assert "Deprecation" not in client.get("/").headers


@pytest.mark.parametrize(
    "row", [row for row in LEGACY_ROWS if row.service is not None], ids=lambda row: row.number
)
def test_every_legacy_url_names_its_successor_and_is_counted(gateway: Flask, row: Row) -> None:
    key = {"M1": "user_mail", "MX": "session"}.get(row.number)
    response = gateway.test_client().open(
        re.sub("<[a-z_]+>", "5", row.path),
        method=row.methods[0],
        json={key: ""} if key is not None else None,
    )
    assert response.headers["Deprecation"] == "@1795219200"
    successor = row.successor.split(" ")[1].partition("<")[0].rstrip("/")
    assert response.headers["Link"].startswith(f"<{successor}")
    assert response.headers["Link"].endswith('>; rel="successor-version"')
    counted = parts_of(gateway).metrics.exposition().decode()
    labels = f'dialect="{row.dialect.name}",row="{row.number}",url="{row.path}"'
    assert f"hearth_gateway_legacy_requests_total{{{labels}}} 1.0" in counted


def test_the_ids_in_accounts_paths_are_checked_before_the_body(
    gateway: Flask, token_maker: TokenMaker
) -> None:
    client = gateway.test_client()
    for identifier in ("abc", "-1", "1.5", "12345678901234567", "%D9%A1", "5%20"):
        for method, path in (
            ("GET", f"/users/{identifier}"),
            ("PUT", f"/users/update/{identifier}"),
            ("PUT", f"/users/update_password/{identifier}"),
        ):
            response = client.open(
                path, method=method, data=b"{", headers={"Authorization": token_maker.token()}
            )
            assert (response.status_code, body_of(response)) == (400, {"error": "Incorrect field"})
            assert client.open(path, method=method, data=b"{").status_code == 401


def test_an_unmatched_path_of_any_kind_is_no_crash() -> None:
    for path in ("", "users", "/users/\u0000", "/" * 3000, "/users/" + "x" * 3000):
        assert isinstance(TABLE.find(path), NoMatch | LegacyMatch)
