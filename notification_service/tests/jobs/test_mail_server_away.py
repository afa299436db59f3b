"""A mail server that is away uses up no tries; a worker that stops leaves what it has not begun."""

import threading
from datetime import timedelta

import pytest

from notification_service.domain.mails import MailNotDelivered, MailServerAway
from notification_service.jobs.mails import send_mails, settle_waiting_mails
from notification_service.tests.factories import HeldMailbox, account, code, event, mails_in
from shared.database import Database
from shared.testing.clocks import StandingClock

BOOKED = "booking.appointment.booked.v1"


class Away(HeldMailbox):
    """A server nobody can reach while `is_away`."""

    is_away = True
    asked = 0

    def deliver(self, message) -> None:
        self.asked += 1
        if self.is_away:
            raise MailServerAway("ConnectionRefusedError")
        super().deliver(message)


@pytest.fixture
def away() -> Away:
    return Away()


@pytest.fixture
def ask(database: Database, away: Away, writer, clock: StandingClock):
    """Run both mail jobs once."""

    def run() -> None:
        send_mails(database, away, writer, clock, threading.Event())
        settle_waiting_mails(database, clock)

    return run


def test_a_mail_outlives_a_server_that_is_away_for_two_days(
    hear, ask, away: Away, clock: StandingClock, database: Database
):
    hear(account(17), event(BOOKED))
    pauses = []
    began = clock.now()
    while clock.now() < began + timedelta(days=2):
        ask()
        mail = mails_in(database)[0]
        assert (mail.state, mail.attempts) == ("queued", 0)
        assert mail.problem == "ConnectionRefusedError"
        assert mail.retry_at is not None
        pauses.append((mail.retry_at - clock.now()).total_seconds())
        clock.advance(seconds=pauses[-1])
    assert pauses[:5] == [5, 5, 10, 20, 40]
    assert pauses == sorted(pauses)
    assert max(pauses) == 3600
    away.is_away = False
    ask()
    row = mails_in(database)[0]
    assert (row.state, row.attempts, row.problem) == ("sent", 1, None)
    assert len(away.taken) == 1


def test_after_three_days_without_a_server_a_mail_is_abandoned(
    hear, ask, clock: StandingClock, database: Database
):
    hear(account(17), event(BOOKED))
    began = clock.now()
    while mails_in(database)[0].state == "queued":
        ask()
        clock.advance(minutes=30)
    assert timedelta(days=3) <= clock.now() - began <= timedelta(days=3, hours=2)
    row = mails_in(database)[0]
    assert (row.state, row.problem) == ("abandoned", "ConnectionRefusedError")


def test_a_code_is_tried_about_every_minute_until_it_expires(
    hear, ask, away: Away, clock: StandingClock, database: Database
):
    hear(code(clock))
    for _ in range(9):
        ask()
        clock.advance(minutes=1)
    assert (mails_in(database)[0].state, away.asked) == ("queued", 9)
    away.is_away = False
    clock.advance(seconds=30)
    ask()
    assert mails_in(database)[0].state == "sent"


def test_a_code_that_expired_while_the_server_was_away_is_abandoned_and_wiped(
    hear, ask, clock: StandingClock, database: Database
):
    hear(code(clock))
    ask()
    clock.advance(minutes=10)
    ask()
    row = mails_in(database)[0]
    assert (row.state, row.sealed) == ("abandoned", None)


def test_refusals_still_count_after_the_server_was_away(
    hear, send, mailbox: HeldMailbox, clock: StandingClock, database: Database
):
    hear(account(17), event(BOOKED))
    mailbox.failures = [
        *(MailServerAway("timeout") for _ in range(20)),
        *(MailNotDelivered("SMTPSenderRefused 550") for _ in range(5)),
    ]
    for _ in range(20):
        send()
        clock.advance(hours=1)
    assert (mails_in(database)[0].state, mails_in(database)[0].attempts) == ("queued", 0)
    for _ in range(5):
        send()
        clock.advance(hours=1)
    row = mails_in(database)[0]
    assert (row.state, row.attempts) == ("failed", 5)


def test_a_server_that_is_away_is_asked_once_a_step(
    hear, away: Away, writer, clock: StandingClock, database: Database
):
    hear(*[account(number) for number in range(1, 5)])
    hear(*[event(BOOKED, None, client_id=number, practitioner_id=99) for number in range(1, 5)])
    assert send_mails(database, away, writer, clock, threading.Event()) is False
    assert away.asked == 1


def test_a_stopping_worker_finishes_the_mail_in_hand_and_leaves_the_rest(
    hear, writer, clock: StandingClock, database: Database
):
    hear(*[account(number) for number in range(1, 5)])
    hear(*[event(BOOKED, None, client_id=number, practitioner_id=99) for number in range(1, 5)])
    stop = threading.Event()

    class Stopping(HeldMailbox):
        def deliver(self, message) -> None:
            super().deliver(message)
            stop.set()

    stopping, next_worker = Stopping(), HeldMailbox()
    send_mails(database, stopping, writer, clock, stop)
    assert len(stopping.taken) == 1
    clients = [row for row in mails_in(database) if row.recipient_id != 99]
    assert [row.state for row in clients] == ["sent", "queued", "queued", "queued"]
    send_mails(database, next_worker, writer, clock, threading.Event())
    assert len(next_worker.taken) == 3


def test_a_step_ends_when_its_seconds_are_over_and_more_may_wait(
    hear, mailbox: HeldMailbox, writer, clock: StandingClock, database: Database
):
    hear(*[account(number) for number in range(1, 4)])
    hear(*[event(BOOKED, None, client_id=number, practitioner_id=99) for number in range(1, 4)])
    never = threading.Event()
    assert send_mails(database, mailbox, writer, clock, never, step_seconds=0) is True
    assert len(mailbox.taken) == 1


def test_an_international_domain_is_written_as_mail_servers_know_it(
    hear, send, mailbox: HeldMailbox
):
    for number, (written, canonical) in enumerate(
        {
            "anna@bücher.example": "anna@xn--bcher-kva.example",
            "anna@faß.de": "anna@xn--fa-hia.de",
            "anna@βόλος.gr": "anna@xn--nxasmm1c.gr",
        }.items(),
        start=17,
    ):
        hear(account(number, email=written), event(BOOKED, client_id=number))
        [mail] = send()
        assert mail["To"] == canonical
        assert f"To: {canonical}".encode() in mail.as_bytes()
