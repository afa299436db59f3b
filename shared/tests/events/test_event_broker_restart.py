"""A RabbitMQ of the test's own, killed and started again while events travel.

The server other tests use stays untouched: this one has its own port, name and folder.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.testing.ports import free_ports
from shared.testing.waiting import eventually
from shared.tests.events.parts import Addresses, Platform

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class PrivateRabbitMq:
    """A server in a folder; what it stored survives a kill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, distribution_port = free_ports(2)
        (folder / "plugins").write_text("[].")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"hearth_test_{os.getpid()}_{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [str(SERVER)],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(self._answers, within_seconds=60, every=0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@pytest.fixture
def rabbitmq(tmp_path: Path) -> Iterator[PrivateRabbitMq]:
    if not SERVER.exists():
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("RabbitMQ cannot be started here and REQUIRE_SERVICES=1", pytrace=False)
        pytest.skip("RabbitMQ cannot be started here")
    folder = tmp_path / "rabbitmq"
    folder.mkdir()
    server = PrivateRabbitMq(folder)
    yield server
    server.kill()


@pytest.fixture
def platform(
    rabbitmq: PrivateRabbitMq, tmp_path: Path, make_database_url: Callable[[str, str], str]
) -> Iterator[Platform]:
    made = Platform(
        Addresses(
            folder=str(tmp_path),
            broker_url=rabbitmq.url,
            name_prefix="",
            producer_url=make_database_url("postgresql", "producer"),
            consumer_url=make_database_url("sqlite", "consumer"),
        )
    )
    made.create_tables()
    yield made
    made.close()


def test_a_broker_killed_and_started_again_loses_and_doubles_nothing(
    platform: Platform, rabbitmq: PrivateRabbitMq
):
    platform.start()  # before the broker: the workers wait for it
    platform.announce("a", *range(5))
    rabbitmq.start()
    eventually(lambda: platform.effects_of("a") == list(range(5)), within_seconds=60)

    for round_number in (1, 2):
        platform.announce("a", *range(round_number * 100, round_number * 100 + 50))
        rabbitmq.kill()
        platform.announce("b", *range(round_number * 100, round_number * 100 + 10))
        assert platform.pending() > 0
        rabbitmq.start()

    expected = {
        "a": [*range(5), *range(100, 150), *range(200, 250)],
        "b": [*range(100, 110), *range(200, 210)],
    }
    eventually(
        lambda: {subject: platform.effects_of(subject) for subject in expected} == expected,
        within_seconds=60,
    )
    eventually(lambda: platform.pending() == 0)


def test_what_the_broker_confirmed_it_still_has_after_a_kill(
    platform: Platform, rabbitmq: PrivateRabbitMq
):
    rabbitmq.start()
    platform.start(platform.producer_worker())
    platform.announce("a", *range(20))
    eventually(lambda: platform.pending() == 0, within_seconds=60)
    rabbitmq.kill()
    rabbitmq.start()
    platform.start(platform.consumer_worker())

    eventually(lambda: platform.effects_of("a") == list(range(20)), within_seconds=60)
