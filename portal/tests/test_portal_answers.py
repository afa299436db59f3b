"""What every answer carries, health, and the visitor the API is told of."""

import re

import pytest
from flask import Flask

from portal.app import create_app
from portal.settings import Settings
from portal.tests.conftest import PORTAL_KEY, MakeVisitor, log_in
from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock

PATHS = (
    "/app/log-in", "/app/confirm-address", "/app/confirm-address?token=t", "/app/nowhere", "/app/",
    "/app/static/portal.css", "/app/static/nothing", "/healthz",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_loaded_framed_found_or_told(path: str, app: Flask) -> None:
    answer = app.test_client(use_cookies=False).get(path)
    answer.close()
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["X-Request-ID"]
    if not path.startswith("/app/static/"):
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/app/log-in", "/app/set-password?token=t", "/app/nowhere"])
def test_a_page_carries_no_style_and_no_script_and_loads_its_own_only(
    path: str, visitor: VisitorWithBrowser
) -> None:
    shown = visitor.get(path)
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", shown.source) == []
    assert shown.loaded
    for link in shown.loaded:
        found = visitor.client.get(link)
        found.close()
        assert found.status_code == 200


def test_title_and_icon_are_neutral(visitor: VisitorWithBrowser) -> None:
    for path in PATHS[:4]:
        assert not re.search("hearth|therap|psych", visitor.get(path).title, re.I)


def test_the_cookie_is_bound_to_the_host_and_out_of_reach(app: Flask) -> None:
    answer = app.test_client(use_cookies=False).get("/app/log-in")
    [line] = answer.headers.getlist("Set-Cookie")
    name, *attributes = [part.strip() for part in line.split(";")]
    assert name.startswith("__Host-hearth=")
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


@pytest.mark.parametrize("value", ["", "x", "gAAAAA", "\xff", "a" * 4000])
def test_a_cookie_that_is_none_of_ours_is_as_good_as_none(
    value: str, visitor: VisitorWithBrowser
) -> None:
    visitor.cookie = visitor.login_cookie = value
    assert visitor.get("/app/login-sessions").heading == "Log in"


def test_a_cookie_that_was_changed_or_is_of_another_key_is_none(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock,
    environment: dict[str, str],
) -> None:  # fmt: skip
    log_in(visitor, stub, clock)
    good = visitor.login_cookie
    middle = len(good) // 2
    visitor.login_cookie = (
        good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    )
    assert visitor.get("/app/login-sessions").heading == "Log in"
    other = {**environment, "PORTAL_COOKIE_KEY": "b3RoZXIta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="}
    elsewhere = create_app(Settings.from_env(other), clock=clock)
    stranger = VisitorWithBrowser(elsewhere.test_client(use_cookies=False))
    stranger.login_cookie = good
    assert stranger.get("/app/login-sessions").heading == "Log in"
    replaced = {**other, "PORTAL_COOKIE_KEY_PREVIOUS": environment["PORTAL_COOKIE_KEY"]}
    after = create_app(Settings.from_env(replaced), clock=clock)
    known = VisitorWithBrowser(after.test_client(use_cookies=False))
    known.login_cookie = good
    assert known.get("/app/login-sessions").heading == "Where you are logged in"


def test_a_cookie_of_three_months_is_none(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    clock.advance(days=91)
    asked = len(stub.asked)
    assert visitor.get("/app/login-sessions").heading == "Log in"
    assert len(stub.asked) == asked


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"X-Portal-Key": PORTAL_KEY, "X-Forwarded-For": "203.0.113.9"}, "203.0.113.9"),
        ({"X-Portal-Key": PORTAL_KEY, "X-Forwarded-For": "6.6.6.6, 2001:db8::"}, "2001:db8::"),
        ({"X-Portal-Key": PORTAL_KEY}, "127.0.0.1"),
        ({"X-Portal-Key": "wrong", "X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
        ({"X-Portal-Key": "ключ", "X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
        ({"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1"),
    ],
)
def test_the_api_is_told_of_the_visitor_the_gateway_names(
    headers: dict[str, str], told: str, make_visitor: MakeVisitor, stub: StubGateway
) -> None:
    visitor = make_visitor("ru", **headers)
    stub.reply("POST", "/api/v1/password-resets", Reply(status=202, json={}))
    shown = visitor.get("/app/forgot-password")
    visitor.send(shown, "/app/forgot-password", email="a@example.org")
    [asked] = stub.asked
    assert asked.headers["x-forwarded-for"] == told
    assert asked.headers["x-portal-key"] == PORTAL_KEY
    assert asked.headers["user-agent"] == "Firefox on a phone"
    assert asked.headers["accept-language"] == "ru"
    assert "cookie" not in asked.headers


def test_ready_with_the_gateway_degraded_without(app: Flask, stub: StubGateway) -> None:
    client = app.test_client(use_cookies=False)
    assert client.get("/healthz").json == {"status": "alive"}
    stub.reply("GET", "/healthz", Reply(json={"status": "alive"}))
    assert client.get("/readyz").json == {"status": "ready", "checks": {"gateway": "ok"}}
    stub.close()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "degraded", "checks": {"gateway": "failing"}}


@pytest.mark.parametrize(
    "reply",
    [Reply(status=500), Reply(status=200, content=b"<html>"), Reply(status=200, content=b"\xff"),
     Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}, json={})],
)  # fmt: skip
def test_an_answer_that_is_none_is_told_and_followed_nowhere(
    reply: Reply, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
) -> None:
    log_in(visitor, stub, clock)
    stub.reply("GET", "/api/v1/login-sessions", reply)
    assert visitor.get("/app/login-sessions").heading == "This does not work right now"
    assert visitor.status == 503


def test_a_gateway_that_hangs_holds_a_page_no_longer_than_its_budget(
    visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("portal.gateway_client.PAGE_SECONDS", 0.3)
    log_in(visitor, stub, clock)
    stub.hangs.set()
    visitor.get("/app/login-sessions")
    assert visitor.status == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/app/nowhere", 404), ("GET", "/app/log-out", 405), ("PUT", "/app/log-in", 405),
     ("GET", "/", 404), ("GET", "/app/static/../settings.py", 404)],
)  # fmt: skip
def test_what_there_is_not_is_a_page_that_leads_on(
    method: str, path: str, status: int, app: Flask
) -> None:
    answer = app.test_client(use_cookies=False).open(path, method=method)
    assert answer.status_code == status
    assert 'href="/app/"' in answer.get_data(as_text=True)


def test_a_form_too_large_is_refused(visitor: VisitorWithBrowser) -> None:
    visitor.post("/app/forgot-password", {"email": "a" * 70_000})
    assert visitor.status == 413


def test_an_unknown_failure_is_a_page_and_says_nothing(
    app: Flask, visitor: VisitorWithBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setitem(app.view_functions, "login_sessions.log_in_form", fail)
    shown = visitor.get("/app/log-in")
    assert (visitor.status, shown.heading) == (500, "Something went wrong on our side")
    assert "secret detail" not in shown.source
