"""A gateway in front of five scripted services."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.settings import Settings
from gateway.tests.driving import driven, end, parts_of
from gateway.tests.stub_services import Reply, StubService
from gateway.upstreams import Patience
from shared.settings import SERVICES
from shared.testing.tokens import INTERNAL_KEY, TokenMaker
from shared.testing.waiting import eventually

GatewayFactory = Callable[..., Flask]


def scripted_services() -> Iterator[dict[str, StubService]]:
    """Run the five services by name; auth tells what every gateway asks."""
    stubs = {name: StubService() for name in SERVICES}
    stubs["auth"].reply("GET", "/internal/v1/ended-login-sessions", Reply(json={"items": []}))
    stubs["auth"].reply("GET", "/.well-known/jwks.json", Reply(json={"keys": []}))
    yield stubs
    for stub in stubs.values():
        stub.close()


def gateway_environment(
    services: dict[str, StubService], token_maker: TokenMaker, data_directory: Path
) -> dict[str, str]:
    """Give the settings of a gateway in front of the scripted services."""
    return {
        "HEARTH_ENV": "development",
        "DATA_DIR": str(data_directory),
        "TOKEN_PUBLIC_KEYS": token_maker.jwks,
        "INTERNAL_KEY": INTERNAL_KEY,
        "RATE_LIMIT_SCALE": "1000",
        "PUBLIC_URL": "http://gateway.test",
        "PORTAL_URL": "http://127.0.0.1:9",
        **{f"{name.upper()}_URL": stub.url for name, stub in services.items()},
    }


@pytest.fixture
def services() -> Iterator[dict[str, StubService]]:
    """Give the five services by name."""
    yield from scripted_services()


@pytest.fixture
def environment(
    services: dict[str, StubService], token_maker: TokenMaker, tmp_path: Path
) -> dict[str, str]:
    """Give the settings of a gateway in front of the scripted services."""
    return gateway_environment(services, token_maker, tmp_path)


@pytest.fixture
def make_gateway(environment: dict[str, str]) -> Iterator[GatewayFactory]:
    """Make gateways whose store of ended sessions is loaded; keywords replace settings."""
    made: list[Flask] = []

    def make(
        patience: Patience | None = None, *, is_loaded: bool = True, **overrides: str
    ) -> Flask:
        settings = Settings.from_env({**environment, **overrides})
        app = driven(create_app(settings, patience=patience))
        made.append(app)
        if is_loaded:
            eventually(parts_of(app).keeper.load_once)
        return app

    yield make
    for app in made:
        end(app)


@pytest.fixture
def gateway(make_gateway: GatewayFactory) -> Flask:
    """Give a gateway with the usual settings."""
    return make_gateway()


@pytest.fixture
def client(gateway: Flask) -> FlaskClient:
    """Give a caller of the usual gateway."""
    return gateway.test_client(use_cookies=False)


@pytest.fixture
def asked_nobody(services: dict[str, StubService]) -> Callable[[], None]:
    """Give a check that no service was asked anything but what a gateway asks on its own."""
    own_questions = {"/internal/v1/ended-login-sessions", "/.well-known/jwks.json"}

    def check() -> None:
        for stub in services.values():
            assert [each.path for each in stub.asked if each.path not in own_questions] == []

    return check


def body_of(response: Any) -> Any:
    """Read a JSON answer."""
    return json.loads(response.get_data())
