"""Fixtures of profile_service's tests: the app on a real database, siblings that answer as told, a
client, a clock that stands, events that come in.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from profile_service.app import create_app
from profile_service.listeners import HANDLERS
from profile_service.settings import Settings
from profile_service.tests.factories import Siblings
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.descriptions import hold_to_description
from shared.testing.hearing import hear as come_in
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture(scope="session")
def service_package() -> str:
    return "profile_service"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def siblings() -> Siblings:
    return Siblings()


@pytest.fixture
def settings(database: Database, tmp_path: Path, token_maker: TokenMaker) -> Settings:
    return Settings.from_env(service_environment("profile", database.url, tmp_path, token_maker))


@pytest.fixture
def app(settings: Settings, clock: StandingClock, siblings: Siblings) -> Iterator[Flask]:
    made = create_app(
        settings,
        clock=clock,
        accounts=siblings.accounts,
        booking=siblings.booking,
    )
    misfits = hold_to_description(made, "profile_service")
    yield made
    made.extensions["hearth"].database.dispose()
    assert misfits == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def hear(database: Database, clock: StandingClock) -> Callable[..., list[str]]:
    """Let events come in, as the worker does."""
    return partial(come_in, database, clock, HANDLERS)
