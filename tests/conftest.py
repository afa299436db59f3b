"""Options and fixtures of the black-box tests: a platform of our own, embedded or on real
servers, or one that runs elsewhere.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from shared.testing.plugin import POSTGRESQL_URL, virtual_host
from tests.mailboxes import MailpitMailbox
from tests.people import Place
from tests.running_platform import ADMIN_EMAIL, ADMIN_PASSWORD, SERVICES, RunningPlatform


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hearth")
    group.addoption("--platform-url", help="test a running platform instead of starting one")
    group.addoption("--mailpit-url", help="where that platform's mails are")
    group.addoption("--admin-email", default=ADMIN_EMAIL)
    group.addoption("--admin-password-file")


@contextmanager
def made_server_settings(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Give five empty PostgreSQL databases, a RabbitMQ virtual host and a Redis database, nobody
    else's; databases and virtual host are removed afterwards.
    """
    request.getfixturevalue("postgresql_server")
    redis_url = request.getfixturevalue("redis_server")
    prefix = f"hearth_journey_{uuid.uuid4().hex[:10]}"
    names = [f"{prefix}_{service}" for service in SERVICES]
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}"')
    template = urlsplit(POSTGRESQL_URL)._replace(path=f"/{prefix}_{{service}}").geturl()
    with virtual_host() as broker_url:
        yield {
            "DATABASE_URL_TEMPLATE": template, "BROKER_URL": broker_url, "REDIS_URL": redis_url
        }  # fmt: skip
    with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
        for name in names:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def server_settings(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The servers of the platform most journeys share."""
    with made_server_settings(request) as settings:
        yield settings


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every journey embedded and on PostgreSQL, RabbitMQ and Redis (one marked `redis` or
    `embedded` only there); or on the one platform named by --platform-url.
    """
    if "platform_kind" in metafunc.fixturenames:
        is_external = metafunc.config.getoption("--platform-url") is not None
        kinds = ["embedded", "servers"]
        if metafunc.definition.get_closest_marker("redis") is not None:
            kinds = ["servers"]
        if metafunc.definition.get_closest_marker("embedded") is not None:
            kinds = ["embedded"]
        if is_external:
            kinds = ["external"]
        metafunc.parametrize("platform_kind", kinds, scope="session", indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the races on servers come last: those of the embedded platform run early on another test
    worker, and at the same moment each would take the other's cores.
    """
    items.sort(key=_is_race_on_servers)


def _is_race_on_servers(item: pytest.Item) -> bool:
    return item.path.name == "test_at_the_same_time.py" and "[servers" in item.name


@pytest.fixture(scope="session")
def platform_kind(request: pytest.FixtureRequest) -> str:
    """Which platform a test runs on: embedded, servers or external."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def running(
    platform_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPlatform]:
    """A whole platform: once embedded, once on PostgreSQL, RabbitMQ and Redis."""
    if platform_kind == "external":
        pytest.skip("this test starts and stops processes of its own platform")
    where: dict[str, str] = {}
    if platform_kind == "servers":
        where = request.getfixturevalue("server_settings")
    platform = RunningPlatform(tmp_path_factory.mktemp(platform_kind), where)
    try:
        platform.prepare()
        platform.start()
        yield platform
    finally:
        platform.close()


def place_of(platform: RunningPlatform) -> Place:
    """Give what a person knows of a platform."""
    return Place(
        url=platform.url,
        mailbox=platform.mailbox,
        admin_email=ADMIN_EMAIL,
        admin_password=ADMIN_PASSWORD,
    )


@pytest.fixture
def place(platform_kind: str, request: pytest.FixtureRequest) -> Place:
    """The platform as people see it: our own, or the one named by --platform-url."""
    if platform_kind != "external":
        return place_of(request.getfixturevalue("running"))
    url = request.config.getoption("--platform-url")
    password_file = request.config.getoption("--admin-password-file")
    password = Path(password_file).read_text(encoding="utf-8").strip() if password_file else ""
    return Place(
        url=url.rstrip("/"),
        mailbox=MailpitMailbox(request.config.getoption("--mailpit-url")),
        admin_email=request.config.getoption("--admin-email"),
        admin_password=password or os.environ.get("ADMIN_PASSWORD", ADMIN_PASSWORD),
    )
