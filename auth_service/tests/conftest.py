"""Fixtures of auth_service's tests: the app on a real database, a client, a clock that stands."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth_service.app import create_app
from auth_service.domain.password_hashing import PasswordHashing
from auth_service.settings import Settings
from auth_service.tests.factories import BookingInMemory, Person, Post
from shared.database import Database
from shared.http.ended_sessions import EndedSessions, SqliteEndedSessions
from shared.testing.clocks import StandingClock
from shared.testing.descriptions import hold_to_description
from shared.testing.tokens import TokenMaker, service_environment

MakeApp = Callable[..., Flask]


@pytest.fixture(scope="session")
def service_package() -> str:
    return "auth_service"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def environment(database: Database, tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("auth", database.url, tmp_path, token_maker)


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return Settings.from_env(environment)


@pytest.fixture
def ended_sessions(tmp_path: Path, clock: StandingClock) -> EndedSessions:
    """Give the store as a gateway of this host reads it, filled once."""
    store = SqliteEndedSessions(tmp_path / "ended_sessions.sqlite3", clock)
    store.load([])
    return store


@pytest.fixture
def booking() -> BookingInMemory:
    return BookingInMemory()


@pytest.fixture
def make_app(
    environment: dict[str, str], clock: StandingClock, booking: BookingInMemory
) -> Iterator[MakeApp]:
    """Make an app on the test's database; hashing is real but cheap. Settings can be replaced."""
    made: list[Flask] = []
    misfits: list[list[str]] = []

    def make(**changes: str) -> Flask:
        app = create_app(
            Settings.from_env({**environment, **changes}),
            clock=clock,
            hashing=PasswordHashing(memory_kib=8, time_cost=1, limit_scale=1000, wait_seconds=30),
            booking=booking,
        )
        made.append(app)
        misfits.append(hold_to_description(app, "auth_service"))
        return app

    yield make
    for app in made:
        app.extensions["hearth"].database.dispose()
    assert not any(misfits), misfits


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def post(database: Database) -> Post:
    """Give what was announced to be mailed."""
    return Post(database)


@pytest.fixture
def person(client: FlaskClient, post: Post) -> Person:
    """Give a client with a proved address and a password."""
    return Person(client, post).registered().verified()
