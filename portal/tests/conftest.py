"""A portal in front of a scripted gateway."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from portal.app import create_app
from portal.settings import Settings
from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser
from shared.clock import instant_text
from shared.testing.clocks import StandingClock

PORTAL_KEY = "the-secret-of-gateway-and-portal-in-tests"
COOKIE_KEY = "Y29va2llLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXM="
MakeVisitor = Callable[..., VisitorWithBrowser]


@pytest.fixture
def stub() -> Iterator[StubGateway]:
    gateway = StubGateway()
    yield gateway
    gateway.close()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def environment(stub: StubGateway) -> dict[str, str]:
    return {
        "GATEWAY_URL": stub.url,
        "PORTAL_KEY": PORTAL_KEY,
        "PORTAL_COOKIE_KEY": COOKIE_KEY,
        "DATA_DIR": "/nowhere",
    }


@pytest.fixture
def app(environment: dict[str, str], clock: StandingClock) -> Flask:
    return create_app(Settings.from_env(environment), clock=clock)


@pytest.fixture
def make_visitor(app: Flask) -> MakeVisitor:
    def make(language: str = "en", **headers: str) -> VisitorWithBrowser:
        return VisitorWithBrowser(app.test_client(use_cookies=False), language, **headers)

    return make


@pytest.fixture
def visitor(make_visitor: MakeVisitor) -> VisitorWithBrowser:
    return make_visitor()


def tokens(clock: StandingClock, name: str = "first", minutes: int = 15) -> Reply:
    """Give what the API answers to a login or a refresh."""
    before = clock.now()
    clock.advance(minutes=minutes)
    expires_at = instant_text(clock.now())
    clock.set(before)
    return Reply(
        status=201,
        json={
            "access_token": f"access-{name}",
            "refresh_token": f"refresh-{name}",
            "expires_at": expires_at,
            "account": {"id": 7},
        },
    )


def log_in(visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock) -> None:
    """Log a visitor in, with two login sessions to see."""
    stub.reply("POST", "/api/v1/login-sessions", tokens(clock))
    stub.reply("GET", "/api/v1/login-sessions", Reply(json={"items": [THERE, HERE]}))
    stub.reply("GET", "/api/v1/profiles/me", Reply(json={"time_zone": "Asia/Tokyo"}))
    page = visitor.get("/app/log-in")
    visitor.send(page, "/app/log-in", email="anna@example.org", password="a long one")


HERE: dict[str, Any] = {
    "id": "11111111-aaaa", "device": "Firefox on a phone", "address": "203.0.113.0",
    "opened_through": "api", "created_at": "2026-07-05T20:00:00.000000Z",
    "last_seen_at": "2026-07-06T08:00:00.000000Z", "is_current": True,
}  # fmt: skip
THERE: dict[str, Any] = {
    "id": "22222222-bbbb", "device": "<b>Other</b> & co", "address": "2001:db8::",
    "opened_through": "api", "created_at": "2026-07-01T10:00:00.000000Z",
    "last_seen_at": "2026-07-04T10:30:00.000000Z", "is_current": False,
}  # fmt: skip


def standing(*, is_set_up: bool = False, is_required: bool = False) -> Reply:
    """Give what the API says of one's second factor."""
    return Reply(
        json={
            "is_set_up": is_set_up,
            "is_required": is_required,
            "recovery_codes_left": 9 if is_set_up else 0,
        }
    )
