"""Mailboxes against a real SMTP server, and the folder of `.eml` files."""

import asyncio
import contextlib
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notification_service.clients.mailboxes import create_mailbox
from notification_service.domain.mails import (
    MailNotDelivered,
    MailPutOff,
    MailRefused,
    MailServerAway,
)
from notification_service.jobs.mails import send_mails
from notification_service.tests.factories import account, code, event, mails_in, text_of
from shared.testing.clocks import StandingClock
from shared.testing.ports import free_port


class Server:
    """Takes mails and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.users: list[bytes] = []
        self.was_encrypted: list[bool] = []
        self.answer_to_recipient = "250 OK"
        self.answer_to_content = "250 OK"
        self.answers_to: dict[str, str | None] = {}
        self.asked: list[str] = []

    async def handle_RCPT(  # noqa: N802 - the server's own spelling
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list
    ) -> str:
        self.asked.append(address)
        domain = address.rpartition("@")[2]
        answer = self.answers_to.get(domain, self.answer_to_recipient)
        if answer is None:
            await asyncio.Event().wait()
            raise AssertionError
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - the server's own spelling
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer_to_content.startswith("250"):
            self.taken.append(envelope)
            transport = server.transport
            assert transport is not None
            self.was_encrypted.append(transport.get_extra_info("ssl_object") is not None)
        return self.answer_to_content

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.users.append(given.login)
        return AuthResult(success=given.password == b"s3cret/word")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def start(server: Server) -> Iterator[Callable[..., Controller]]:
    started: list[Controller] = []

    def run(port: int = 0, **options: object) -> Controller:
        controller = Controller(server, hostname="127.0.0.1", port=port, **options)  # type: ignore[arg-type]
        _pick_port(controller)
        controller.start()
        started.append(controller)
        return controller

    yield run
    for controller in started:
        if controller.server is not None:
            controller.stop()


def _pick_port(controller: Controller) -> None:
    if controller.port == 0:
        controller.port = free_port()


def _message(to: str = "anna@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Hearth <no-reply@hearth.example>"
    message["To"] = to
    message["Subject"] = "Ваш код"
    message["Message-ID"] = "<one@hearth.example>"
    message.set_content("your verification code is: 042719\n")
    return message


def test_one_connection_serves_several_mails(start, server: Server):
    controller = start()
    mailbox = create_mailbox(f"smtp://127.0.0.1:{controller.port}", StandingClock())
    mailbox.deliver(_message())
    mailbox.deliver(_message("ben@example.org"))
    mailbox.close()
    mailbox.deliver(_message("eve@example.org"))
    mailbox.close()
    assert [envelope.rcpt_tos for envelope in server.taken] == [
        ["anna@example.org"], ["ben@example.org"], ["eve@example.org"]
    ]  # fmt: skip
    assert server.taken[0].mail_from == "no-reply@hearth.example"
    assert b"code is: 042719" in bytes(server.taken[0].content)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recipient", "content", "wanted"),
    [
        ("550 no such user anna@example.org", "250 OK", MailRefused),
        ("451 try later", "250 OK", MailPutOff),
        ("250 OK", "554 looks like spam", MailRefused),
        ("250 OK", "452 disk full", MailPutOff),
        ("421 closing", "250 OK", MailPutOff),
        ("250 OK", "421 closing", MailPutOff),
    ],
)
def test_refusals_for_good_and_for_now_are_told_apart(
    start, server: Server, recipient: str, content: str, wanted: type[Exception]
):
    controller = start()
    mailbox = create_mailbox(f"smtp://127.0.0.1:{controller.port}", StandingClock())
    server.answer_to_recipient, server.answer_to_content = recipient, content
    with pytest.raises(wanted) as caught:
        mailbox.deliver(_message())
    assert "example.org" not in str(caught.value)
    server.answer_to_recipient = server.answer_to_content = "250 OK"
    mailbox.deliver(_message())
    mailbox.close()
    assert len(server.taken) == 1


def test_a_server_that_is_away_is_for_now(start):
    controller = start()
    controller.stop()
    mailbox = create_mailbox(f"smtp://127.0.0.1:{controller.port}", StandingClock())
    with pytest.raises(MailServerAway):
        mailbox.deliver(_message())
    mailbox.close()


class Greeter:
    """Says one line to whoever connects; without one it says nothing at all."""

    def __init__(self, line: bytes | None) -> None:
        self._line = line
        self._held: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._greet, daemon=True)
        self._thread.start()

    def _greet(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._held.append(connection)
                if self._line is not None:
                    connection.sendall(self._line)

    def close(self) -> None:
        # close() alone would leave accept() waiting
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._held:
            connection.close()
        self._thread.join(10)


@pytest.mark.parametrize(
    ("greeting", "is_away"),
    [
        (b"421 too busy\r\n", True),
        (None, True),
        (b"garbage\r\n", True),
        (b"554 go away\r\n", False),
    ],
)
def test_a_greeting_says_whether_the_server_is_away_or_refuses(
    monkeypatch: pytest.MonkeyPatch, greeting: bytes | None, is_away: bool
):
    monkeypatch.setattr("notification_service.clients.mailboxes.TIMEOUT_SECONDS", 0.3)
    greeter = Greeter(greeting)
    mailbox = create_mailbox(f"smtp://127.0.0.1:{greeter.port}", StandingClock())
    try:
        with pytest.raises(MailNotDelivered) as caught:
            mailbox.deliver(_message())
    finally:
        mailbox.close()
        greeter.close()
    assert isinstance(caught.value, MailServerAway) is is_away


def test_a_connection_the_server_dropped_is_made_anew(start, server: Server):
    controller = start()
    mailbox = create_mailbox(f"smtp://127.0.0.1:{controller.port}", StandingClock())
    mailbox.deliver(_message())
    controller.stop()
    start(controller.port)
    with pytest.raises(MailNotDelivered):
        mailbox.deliver(_message())
    mailbox.deliver(_message())
    mailbox.close()
    assert len(server.taken) == 2


def test_user_and_password_may_hold_reserved_characters(start, server: Server):
    controller = start(
        authenticator=server.authenticate, auth_require_tls=False, auth_exclude_mechanism=["LOGIN"]
    )
    address = f"127.0.0.1:{controller.port}"
    mailbox = create_mailbox(f"smtp://me%40hearth:s3cret%2Fword@{address}", StandingClock())
    mailbox.deliver(_message())
    mailbox.close()
    assert server.users == [b"me@hearth"]
    wrong = create_mailbox(f"smtp://me:wrong@{address}", StandingClock())
    with pytest.raises(MailNotDelivered):
        wrong.deliver(_message())
    wrong.close()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key, made = tmp_path / "key.pem", tmp_path / "made.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return key, made


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_encrypted_ways_insist_on_a_trusted_certificate(
    start, server: Server, certificate: tuple[Path, Path], scheme: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    key, made = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    if scheme == "smtps":
        controller = _SelfSigned(server, hostname="127.0.0.1", port=0, ssl_context=context)
        _pick_port(controller)
        controller.start()
    else:
        controller = start(tls_context=context, require_starttls=True)
    try:
        url = f"{scheme}://localhost:{controller.port}"
        distrusting = create_mailbox(url, StandingClock())
        with pytest.raises(MailNotDelivered):
            distrusting.deliver(_message())
        distrusting.close()
        assert server.taken == []

        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        trusting = create_mailbox(url, StandingClock())
        trusting.deliver(_message())
        trusting.close()
        assert server.was_encrypted == [True]
    finally:
        if scheme == "smtps":
            controller.stop()


class _SelfSigned(Controller):
    """Says it has started without asking over TLS itself."""

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port), timeout=5):
            pass


def test_the_folder_gets_one_whole_private_file_a_mail_in_order(tmp_path: Path):
    clock = StandingClock()
    folder = tmp_path / "a folder"
    mailbox = create_mailbox(f"file://{str(folder).replace(' ', '%20')}", clock)
    mailbox.deliver(_message("first@example.org"))
    clock.advance(seconds=1)
    mailbox.deliver(_message("ü@example.org"))
    mailbox.close()

    paths = sorted(folder.iterdir())
    assert [path.name for path in paths] == [
        "20260706T080000000000Z-one.eml", "20260706T080001000000Z-one.eml"
    ]  # fmt: skip
    found = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths
    ]
    assert [mail["To"] for mail in found] == ["first@example.org", "ü@example.org"]
    assert found[0]["Subject"] == "Ваш код"
    assert {path.stat().st_mode & 0o077 for path in (folder, *paths)} == {0}


def test_a_folder_that_cannot_be_written_is_for_now(tmp_path: Path):
    (tmp_path / "taken").write_text("a file")
    mailbox = create_mailbox(f"file://{tmp_path}/taken", StandingClock())
    with pytest.raises(MailNotDelivered):
        mailbox.deliver(_message())


def test_the_job_waits_for_a_server_that_is_down_and_then_sends_everything_once(
    hear, start, server: Server, writer, database, clock: StandingClock
):
    controller = start()
    controller.stop()
    mailbox = create_mailbox(f"smtp://127.0.0.1:{controller.port}", clock)
    hear(account(17), event("booking.appointment.booked.v1"), code(clock, locale="en"))

    send_mails(database, mailbox, writer, clock, threading.Event())
    assert [row.state for row in mails_in(database)] == ["queued"] * 3
    assert mails_in(database)[2].problem is not None, "the code was tried first"
    start(controller.port)
    clock.advance(seconds=5)
    send_mails(database, mailbox, writer, clock, threading.Event())
    send_mails(database, mailbox, writer, clock, threading.Event())

    assert len(server.taken) == 2
    assert [row.state for row in mails_in(database)] == ["sent", "queued", "sent"]
    content = server.taken[0].content
    assert isinstance(content, bytes)
    received = email.message_from_bytes(content, policy=email.policy.default)
    assert "your verification code is: 042719" in text_of(received)
    assert received["Auto-Submitted"] == "auto-generated"


@pytest.fixture
def send_by(start, server: Server, writer, database, clock: StandingClock):
    """Run the mail job once against the server; give whom it took mails for."""
    mailbox = create_mailbox(f"smtp://127.0.0.1:{start().port}", clock)

    def run() -> list[str]:
        before = len(server.taken)
        send_mails(database, mailbox, writer, clock, threading.Event())
        return [envelope.rcpt_tos[0] for envelope in server.taken[before:]]

    yield run
    mailbox.close()


@pytest.mark.parametrize("answer", ["450 greylisted", "421 too many at once", "452 mailbox full"])
def test_two_hundred_mails_to_a_domain_that_puts_them_off_hold_nobody_up(
    hear, send_by, server: Server, clock: StandingClock, database, answer: str
):
    server.answers_to["slow.example"] = answer
    numbers = range(100, 300)
    hear(*[account(number, email=f"person{number}@slow.example") for number in numbers])
    hear(*[event("chat.guided_session.completed.v1", None, account_id=n) for n in numbers])
    hear(*[code(clock, email=f"person{number}@slow.example") for number in range(100, 150)])
    hear(account(17), event("chat.guided_session.completed.v1"))
    hear(code(clock, email="stranger@example.org"))

    assert send_by() == ["stranger@example.org", "person17@example.org"]
    assert len(server.asked) == 3, "one of the slow domain, then those of others"
    states = {row.state for row in mails_in(database) if row.recipient_id != 17}
    assert "failed" not in states


def test_what_was_put_off_is_taken_when_its_time_has_come_and_uses_up_no_try(
    hear, send_by, server: Server, clock: StandingClock, database
):
    server.answers_to["slow.example"] = "450 greylisted"
    hear(account(17, email="anna@slow.example"), event("chat.guided_session.completed.v1"))
    for _ in range(9):
        assert send_by() == []
        clock.advance(hours=1)
    assert mails_in(database)[0].attempts == 0
    server.answers_to.clear()
    assert send_by() == ["anna@slow.example"]


def test_a_refused_recipient_holds_nobody_up(hear, send_by, server: Server, database, clock):
    server.answers_to["gone.example"] = "550 no such user"
    hear(*[code(clock, email=f"person{number}@gone.example") for number in range(20)])
    hear(code(clock, email="stranger@example.org"))
    assert send_by() == ["stranger@example.org"]
    assert [row.state for row in mails_in(database)] == ["failed"] * 20 + ["sent"]


def test_a_domain_for_which_the_server_falls_silent_costs_one_wait(
    hear, send_by, server: Server, clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("notification_service.clients.mailboxes.TIMEOUT_SECONDS", 0.5)
    server.answers_to["silent.example"] = None
    hear(*[code(clock, email=f"person{number}@silent.example") for number in range(20)])
    hear(code(clock, email="stranger@example.org"))
    assert send_by() == ["stranger@example.org"]
    assert len(server.asked) == 2
