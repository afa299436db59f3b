"""Fixtures of booking_service's tests: the app on a real database, people, a clock that stands."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from booking_service.app import create_app
from booking_service.listeners import HANDLERS
from booking_service.settings import Settings
from booking_service.tests.factories import Door, StandInAccounts
from shared.database import Database
from shared.events.catalogue import SHIPPED_DIRECTORY, load_example, shipped_catalogue
from shared.events.inbox import handle_waiting, receive
from shared.events.tables import inbox
from shared.testing.clocks import StandingClock
from shared.testing.descriptions import hold_to_description
from shared.testing.tokens import TokenMaker, service_environment

Tell = Callable[..., str]


@pytest.fixture(scope="session")
def service_package() -> str:
    return "booking_service"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def settings(database: Database, tmp_path: Path, token_maker: TokenMaker) -> Settings:
    return Settings.from_env(service_environment("booking", database.url, tmp_path, token_maker))


@pytest.fixture
def accounts() -> StandInAccounts:
    return StandInAccounts()


@pytest.fixture
def app(settings: Settings, clock: StandingClock, accounts: StandInAccounts) -> Iterator[Flask]:
    made = create_app(settings, clock=clock, accounts=accounts)
    misfits = hold_to_description(made, "booking_service")
    yield made
    made.extensions["hearth"].database.dispose()
    assert misfits == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def door(app: Flask, token_maker: TokenMaker, accounts: StandInAccounts) -> Door:
    return Door(app, token_maker, accounts)


@pytest.fixture
def therapist(door: Door) -> int:
    """Give the id of a published therapist who works from 09:00 to 13:00 UTC on every day."""
    return door.create_therapist()


@pytest.fixture
def tell(database: Database, clock: StandingClock) -> Tell:
    """Deliver an event built on the contract's example; give the state it was left in."""
    sequence = iter(range(1000, 2000))

    def deliver(event_type: str, *, event_id: str | None = None, **changes: Any) -> str:
        entry = shipped_catalogue().entry(event_type)
        example = json.loads(load_example(SHIPPED_DIRECTORY, entry).to_json())
        number = next(sequence)
        example["id"] = event_id or f"event-{number}"
        example["sequence"] = number
        example["data"] |= changes
        example["subject"] = f"account/{example['data']['account_id']}"
        receive(database, [json.dumps(example).encode()], clock)
        handle_waiting(database, HANDLERS, clock)
        return database.reading(
            lambda session: session.execute(
                select(inbox.c.state).where(inbox.c.event_id == example["id"])
            ).scalar_one()
        )

    return deliver


@pytest.fixture
def announced(database: Database) -> Callable[[], list[dict]]:
    """Give what stands in the outbox: type and data, oldest first."""
    from booking_service.tests.factories import outbox_of

    return lambda: outbox_of(database)
