"""Fixtures of notification_service's tests: the app on a real database, a client, a clock that
stands, events that come in, a mailbox that can be looked into.
"""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notification_service.app import create_app
from notification_service.domain.mail_contents import MailWriter
from notification_service.jobs.mails import send_mails
from notification_service.listeners import HANDLERS
from notification_service.settings import Settings
from notification_service.tests.factories import HeldMailbox
from notification_service.worker import create_mail_writer
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.descriptions import hold_to_description
from shared.testing.hearing import hear as come_in
from shared.testing.tokens import TokenMaker, service_environment


@pytest.fixture(scope="session")
def service_package() -> str:
    return "notification_service"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def settings(database: Database, tmp_path: Path, token_maker: TokenMaker) -> Settings:
    return Settings.from_env(
        service_environment("notification", database.url, tmp_path, token_maker)
    )


@pytest.fixture
def app(settings: Settings, clock: StandingClock) -> Iterator[Flask]:
    made = create_app(settings)
    misfits = hold_to_description(made, "notification_service")
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


@pytest.fixture
def mailbox() -> HeldMailbox:
    return HeldMailbox()


@pytest.fixture
def writer(settings: Settings) -> MailWriter:
    return create_mail_writer(settings)


@pytest.fixture
def send(
    database: Database, mailbox: HeldMailbox, writer: MailWriter, clock: StandingClock
) -> Callable[[], list[Any]]:
    """Run the mail job once and give what the mailbox took in it."""

    def run() -> list[Any]:
        before = len(mailbox.taken)
        send_mails(database, mailbox, writer, clock, threading.Event())
        return mailbox.taken[before:]

    return run
