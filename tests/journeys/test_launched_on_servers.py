"""What `make run` starts, on PostgreSQL, RabbitMQ, Redis and a mail server by settings alone; and
what happens while one of them is away.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.testing.ports import free_port, free_ports
from shared.testing.waiting import eventually
from tests.conftest import made_server_settings
from tests.mailboxes import ReceivedMail, received
from tests.people import MatchingClient, Place, Therapist, nth_slot, open_therapist
from tests.running_platform import ADMIN_EMAIL, ADMIN_PASSWORD, ROOT
from tests.tcp_relay import TcpRelay

pytestmark = [pytest.mark.postgresql, pytest.mark.rabbitmq, pytest.mark.redis]
UNAVAILABLE = {"status": False, "error": "Service unavailable"}


class SmtpMailbox:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self._mails: list[ReceivedMail] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self._mails.append(received(envelope.content))
        return "250 OK"

    def mails_to(self, address: str) -> list[ReceivedMail]:
        return [mail for mail in list(self._mails) if address.lower() in mail.to]

    def close(self) -> None:
        self._controller.stop()


class Launched:
    """The platform under its launcher, with a relay before each server that may go away."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.mailbox = SmtpMailbox()
        self.broker = TcpRelay.before(settings["BROKER_URL"])
        self.database = TcpRelay.before(settings["DATABASE_URL_TEMPLATE"])
        self.mail = TcpRelay("127.0.0.1", self.mailbox.port)
        self.output = folder / "output"
        port = free_ports(6)[0]
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **settings,
            "PORT": str(port),
            "DATA_DIR": str(folder / "data"),
            "DEMO": "off",
            "RATE_LIMIT_SCALE": "1000",
            "BROKER_URL": self.broker.url(settings["BROKER_URL"]),
            "DATABASE_URL_TEMPLATE": self.database.url(settings["DATABASE_URL_TEMPLATE"]),
            "MAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
        }
        self.place = Place(
            url=f"http://127.0.0.1:{port}",
            mailbox=self.mailbox,
            admin_email=ADMIN_EMAIL,
            admin_password=ADMIN_PASSWORD,
        )
        with self.output.open("w") as output:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "deploy.launcher"], cwd=ROOT, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        def is_ready() -> bool:
            if self.launcher.poll() is not None:
                pytest.fail(self.output.read_text())
            return "ready: " in self.output.read_text()

        eventually(is_ready, within_seconds=90, every=0.1)

    def make_admin(self, folder: Path) -> None:
        password_file = folder / "admin-password"
        password_file.write_text(ADMIN_PASSWORD)
        subprocess.run(
            [sys.executable, "-m", "auth_service", "create-admin", "--email", ADMIN_EMAIL,
             "--password-file", str(password_file)],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, timeout=60,
        )  # fmt: skip

    def close(self) -> None:
        if self.launcher.poll() is None:
            self.launcher.kill()
            self.launcher.wait()
        for relay in (self.broker, self.database, self.mail):
            relay.close()
        self.mailbox.close()


@pytest.fixture(scope="module")
def launched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launched]:
    folder = tmp_path_factory.mktemp("launched")
    with made_server_settings(request) as settings:
        launched = Launched(folder, settings)
        try:
            launched.wait_until_ready()
            launched.make_admin(folder)
            yield launched
        finally:
            launched.close()


@pytest.fixture(scope="module")
def therapist(launched: Launched) -> Therapist:
    return open_therapist(launched.place)


def _alerts(place: Place, client: MatchingClient) -> int:
    answer = place.call("GET", "/api/v1/notifications", token=client.session)
    assert answer.status_code == 200, answer.text
    return [item["kind"] for item in answer.json()["items"]].count("alert")


def _book(client: MatchingClient, therapist: Therapist, number: int) -> None:
    """Book the `number`-th free hour."""
    slot = nth_slot(client.free_hours(therapist), number)
    assert client.choose(therapist, slot) == {"status": True}


def _is_told_once(launched: Launched, client: MatchingClient) -> None:
    place = launched.place
    eventually(lambda: _alerts(place, client) == 1, within_seconds=90, every=0.1)
    place.mail_to(client.email, lambda mail: mail.has_calendar)
    booked = [mail for mail in place.mailbox.mails_to(client.email) if mail.has_calendar]
    assert len(booked) == 1


def test_the_launcher_serves_the_main_job_on_servers(
    launched: Launched, therapist: Therapist
) -> None:
    client = MatchingClient(launched.place).join()
    _book(client, therapist, 0)
    _is_told_once(launched, client)
    assert not list(Path(launched.environment["DATA_DIR"]).glob("**/*.sqlite3"))


def test_a_booking_needs_no_broker_and_is_told_when_it_is_back(
    launched: Launched, therapist: Therapist
) -> None:
    client = MatchingClient(launched.place).join()
    launched.broker.cut()
    try:
        _book(client, therapist, 1)
        room = client.post("/client_lk")
        assert room["psy_id"] == therapist.id
        assert _alerts(launched.place, client) == 0
        eventually(lambda: launched.broker.refused > 0, within_seconds=80)
        eventually(lambda: _words_about_the_broker(launched) == {"unreachable"}, within_seconds=80)
    finally:
        launched.broker.join()
    _is_told_once(launched, client)
    eventually(lambda: _words_about_the_broker(launched) == set(), within_seconds=80)
    lines = [
        line for line in launched.output.read_text().splitlines() if "broker_unreachable" in line
    ]
    assert len(lines) == 1, lines
    assert lines[0].endswith(f"broker=127.0.0.1:{launched.broker.port}")


def _words_about_the_broker(launched: Launched) -> set[str]:
    """Give what the gateway's readiness says of the broker; all five services must say the same."""
    said = launched.place.call("GET", "/readyz").json()
    words = [problems["broker"] for problems in said["problems"].values() if "broker" in problems]
    assert len(words) in (0, 5)
    assert not words or said["status"] == "degraded"
    return set(words)


def test_a_booking_needs_no_mail_server_and_is_mailed_when_it_is_back(
    launched: Launched, therapist: Therapist
) -> None:
    client = MatchingClient(launched.place).join()
    launched.mail.cut()
    try:
        _book(client, therapist, 2)
        eventually(lambda: _alerts(launched.place, client) == 1, within_seconds=60, every=0.1)
        eventually(lambda: launched.mail.refused > 0, within_seconds=80)
        mails = launched.place.mailbox.mails_to(client.email)
        assert [mail for mail in mails if mail.has_calendar] == []
    finally:
        launched.mail.join()
    _is_told_once(launched, client)


def test_without_its_database_everything_says_so_and_goes_on_when_it_is_back(
    launched: Launched, therapist: Therapist
) -> None:
    place = launched.place
    client = MatchingClient(place).join()
    _book(client, therapist, 3)
    free = client.free_hours(therapist)
    launched.database.cut()
    try:
        choice = {"psy_id": therapist.id, "psy_time_slots": nth_slot(free, 0)}
        refused = place.call("POST", "/select_therapist", {"session": client.session, **choice})
        assert (refused.status_code, refused.json()) == (503, UNAVAILABLE)
        clean = place.call("GET", "/api/v1/appointments", token=client.session)
        assert (clean.status_code, clean.json()["code"]) == (503, "unavailable")
        assert int(clean.headers["Retry-After"]) >= 1
    finally:
        launched.database.join()

    def is_back() -> bool:
        return place.call("POST", "/get_time", {"psy_id": therapist.id}).status_code == 200

    eventually(is_back, within_seconds=80, every=0.2)
    assert client.free_hours(therapist) == free, "the refused choice took nothing"
    _is_told_once(launched, client)


def test_a_stop_ends_it_cleanly(launched: Launched) -> None:
    launched.launcher.send_signal(signal.SIGINT)
    assert launched.launcher.wait(timeout=30) == 0
    assert "stopped" in launched.output.read_text()
