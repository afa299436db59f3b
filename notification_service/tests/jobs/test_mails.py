"""The mail job: tries with growing pauses, several workers, workers that die."""

import threading
from datetime import timedelta
from functools import partial

import pytest

from notification_service.domain.mails import (
    LEASE,
    MOST_TRIES,
    PAUSES_SECONDS,
    MailNotDelivered,
    MailRefused,
    claim_mail,
)
from notification_service.jobs.mails import send_mails, settle_waiting_mails
from notification_service.tests.factories import HeldMailbox, account, code, event, mails_in
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time

BOOKED = "booking.appointment.booked.v1"


@pytest.fixture
def queued(hear) -> None:
    """Queue one mail for the client."""
    hear(account(17), event(BOOKED))


@pytest.mark.usefixtures("queued")
def test_a_mail_is_tried_five_times_with_growing_pauses_and_then_failed(
    send, mailbox: HeldMailbox, clock: StandingClock, database: Database
):
    mailbox.failures = [MailNotDelivered("down") for _ in range(10)]
    for attempt, pause in enumerate(PAUSES_SECONDS, start=1):
        send()
        send()  # not due yet: no second try
        mail = mails_in(database)[0]
        assert (mail.state, mail.attempts, mail.problem) == ("queued", attempt, "down")
        assert mail.retry_at == clock.now() + timedelta(seconds=pause)
        clock.advance(seconds=pause)
    send()
    mail = mails_in(database)[0]
    assert (mail.state, mail.attempts) == ("failed", MOST_TRIES)
    assert len(mailbox.failures) == 10 - MOST_TRIES
    clock.advance(days=1)
    assert send() == []


@pytest.mark.usefixtures("queued")
def test_what_was_refused_at_first_arrives_when_it_is_taken(
    send, mailbox: HeldMailbox, clock: StandingClock, database: Database
):
    mailbox.failures = [MailNotDelivered("down"), MailNotDelivered("down")]
    send()
    clock.advance(seconds=PAUSES_SECONDS[0])
    send()
    clock.advance(seconds=PAUSES_SECONDS[1])
    [mail] = send()
    row = mails_in(database)[0]
    assert (row.state, row.attempts, row.problem) == ("sent", 3, None)
    assert row.finished_at == clock.now()
    assert mail["Message-ID"] == f"<{row.message_id}@hearth.example>"


@pytest.mark.usefixtures("queued")
def test_what_is_refused_for_good_is_not_tried_again(
    send, mailbox: HeldMailbox, database: Database
):
    mailbox.failures = [MailRefused("recipient refused with 550")]
    assert send() == []
    row = mails_in(database)[0]
    assert (row.state, row.attempts) == ("failed", 1)


def test_two_workers_at_once_send_each_mail_once(
    hear, database: Database, writer, clock: StandingClock
):
    hear(*[account(number) for number in range(1, 13)])
    hear(*[event(BOOKED, None, client_id=number, practitioner_id=99) for number in range(1, 13)])
    boxes = [HeldMailbox() for _ in range(4)]
    at_the_same_time(
        [partial(send_mails, database, box, writer, clock, threading.Event()) for box in boxes]
    )
    taken = [mail["To"] for box in boxes for mail in box.taken]
    assert sorted(taken) == sorted(f"person{number}@example.org" for number in range(1, 13))
    assert all(box.closed == 1 for box in boxes)


@pytest.mark.usefixtures("queued")
def test_nothing_is_locked_while_a_mail_is_on_its_way(
    database: Database, writer, clock: StandingClock, hear
):
    is_on_its_way, may_go_on = threading.Event(), threading.Event()

    class SlowMailbox(HeldMailbox):
        def deliver(self, message) -> None:
            is_on_its_way.set()
            assert may_go_on.wait(20)
            super().deliver(message)

    slow, quick = SlowMailbox(), HeldMailbox()
    thread = threading.Thread(
        target=send_mails, args=(database, slow, writer, clock, threading.Event())
    )
    thread.start()
    assert is_on_its_way.wait(20)
    hear(account(42))  # writes while the other worker sends, and makes the therapist's mail due
    send_mails(database, quick, writer, clock, threading.Event())
    may_go_on.set()
    thread.join(20)
    assert [mail["To"] for mail in quick.taken] == ["person42@example.org"]
    assert [mail["To"] for mail in slow.taken] == ["person17@example.org"]
    assert {row.state for row in mails_in(database)} == {"sent"}


@pytest.mark.usefixtures("queued")
def test_a_worker_that_dies_between_sending_and_recording_leaves_one_duplicate_at_most(
    database: Database, writer, clock: StandingClock
):
    class LastWords(BaseException):
        """The process ends."""

    class DyingMailbox(HeldMailbox):
        def deliver(self, message) -> None:
            super().deliver(message)
            raise LastWords

    dying, survivor = DyingMailbox(), HeldMailbox()
    with pytest.raises(LastWords):
        send_mails(database, dying, writer, clock, threading.Event())
    assert mails_in(database)[0].state == "sending"
    send_mails(database, survivor, writer, clock, threading.Event())
    assert survivor.taken == [], "the lease still runs"

    clock.advance(seconds=LEASE.total_seconds())
    send_mails(database, survivor, writer, clock, threading.Event())
    clock.advance(seconds=LEASE.total_seconds())
    send_mails(database, survivor, writer, clock, threading.Event())
    assert [mail["Message-ID"] for mail in survivor.taken] == [dying.taken[0]["Message-ID"]]
    assert mails_in(database)[0].state == "sent"


@pytest.mark.usefixtures("queued")
def test_a_mail_whose_workers_die_every_time_ends_as_failed(
    database: Database, clock: StandingClock
):
    for _ in range(MOST_TRIES):
        assert database.writing(lambda session: claim_mail(session, now=clock.now())) is not None
        clock.advance(seconds=LEASE.total_seconds())
    assert database.writing(lambda session: claim_mail(session, now=clock.now())) is None
    settle_waiting_mails(database, clock)
    row = mails_in(database)[0]
    assert (row.state, row.problem) == ("failed", "worker died")


def test_a_newer_code_wins_over_one_whose_try_just_failed(
    hear, send, mailbox: HeldMailbox, clock: StandingClock, database: Database
):
    hear(code(clock, "111111"))
    mailbox.failures = [MailNotDelivered("down")]
    send()
    clock.advance(seconds=1)
    hear(code(clock, "222222"))
    clock.advance(seconds=60)
    assert len(send()) == 1
    assert [row.state for row in mails_in(database)] == ["abandoned", "sent"]


def test_a_mail_whose_recipient_stays_unknown_is_given_up_after_a_week(
    hear, clock: StandingClock, database: Database
):
    hear(event(BOOKED))
    clock.advance(days=6, hours=23)
    settle_waiting_mails(database, clock)
    assert {row.state for row in mails_in(database)} == {"queued"}
    clock.advance(hours=1)
    settle_waiting_mails(database, clock)
    assert {(row.state, row.problem) for row in mails_in(database)} == {
        ("abandoned", "recipient unknown")
    }
