"""Fixtures of chat_service's tests: the app on a real database, siblings that answer as told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chat_service.app import create_app
from chat_service.settings import Settings
from chat_service.tests.factories import (
    CLIENT,
    THERAPIST,
    Caller,
    KnownCareRelations,
    KnownProfiles,
)
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.descriptions import hold_to_description
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture(scope="session")
def service_package() -> str:
    return "chat_service"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def environment(database: Database, tmp_path: Path, token_maker: TokenMaker) -> dict[str, str]:
    return service_environment("chat", database.url, tmp_path, token_maker)


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return Settings.from_env(environment)


@pytest.fixture
def profiles() -> KnownProfiles:
    return KnownProfiles()


@pytest.fixture
def care() -> KnownCareRelations:
    return KnownCareRelations()


@pytest.fixture
def app(
    settings: Settings, clock: StandingClock, profiles: KnownProfiles, care: KnownCareRelations
) -> Iterator[Flask]:
    made = create_app(settings, clock=clock, profiles=profiles, care_relations=care)
    misfits = hold_to_description(made, "chat_service")
    yield made
    made.extensions["hearth"].database.dispose()
    assert misfits == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def person(client: FlaskClient, token_maker: TokenMaker) -> Caller:
    return Caller(client=client, maker=token_maker)


@pytest.fixture
def in_care(person: Caller, care: KnownCareRelations) -> tuple[Caller, Caller]:
    """Give a client and their current therapist."""
    care.pairs.add((CLIENT, THERAPIST))
    return person, person.beside(THERAPIST, "therapist")
