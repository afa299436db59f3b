"""Room of a measurement's own on the servers the tests use: five databases, a virtual host, a Redis
database. Nothing of it is left afterwards, also when the measurement failed.
"""

import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import redis

from shared.testing.plugin import POSTGRESQL_URL, RABBITMQ_URL, REDIS_URL
from shared.testing.rabbitmq import rabbitmqctl, remove_virtual_host
from tests.running_platform import SERVICES

# The tests take the numbers from 8 on; 0 is what somebody's own platform uses.
REDIS_DATABASE = 7


@contextmanager
def server_settings() -> Iterator[dict[str, str]]:
    """Give the settings that bring a platform onto the servers."""
    name = f"hearth-bench-{uuid.uuid4().hex[:10]}"
    with (
        _databases(name.replace("-", "_")) as template,
        _virtual_host(name) as broker_url,
        _redis_database() as redis_url,
    ):
        yield {
            "DATABASE_URL_TEMPLATE": template,
            "BROKER_URL": broker_url,
            "REDIS_URL": redis_url,
        }


@contextmanager
def _databases(prefix: str) -> Iterator[str]:
    names = [f"{prefix}_{service}" for service in SERVICES]
    try:
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            for name in names:
                connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(POSTGRESQL_URL)._replace(path=f"/{prefix}_{{service}}").geturl()
    finally:
        with psycopg.connect(POSTGRESQL_URL, autocommit=True) as connection:
            for name in names:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _virtual_host(name: str) -> Iterator[str]:
    """Make a virtual host; deleting it deletes exchanges, queues and what waits in them.

    A default virtual host may hold somebody's own platform, so it is never measured on: without
    `rabbitmqctl` the URL must name another one.
    """
    if shutil.which("rabbitmqctl") is None:
        if not urlsplit(RABBITMQ_URL).path.strip("/"):
            sys.exit("rabbitmqctl is not here: name an empty virtual host in TEST_RABBITMQ_URL")
        yield RABBITMQ_URL
        return
    user = urlsplit(RABBITMQ_URL).username or "guest"
    rabbitmqctl("add_vhost", name)
    try:
        rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield urlsplit(RABBITMQ_URL)._replace(path=f"/{name}").geturl()
    finally:
        remove_virtual_host(name)


@contextmanager
def _redis_database() -> Iterator[str]:
    url = urlsplit(REDIS_URL)._replace(path=f"/{REDIS_DATABASE}").geturl()
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        try:
            yield url
        finally:
            client.flushdb()
