"""Of one appointment each person is told in order, and only what still holds."""

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest

from notification_service.domain.mails import LEASE, MailPutOff, MailServerAway
from notification_service.jobs.mails import send_mails, settle_waiting_mails
from notification_service.tests.factories import (
    HeldMailbox,
    account,
    event,
    mails_in,
)
from shared.clock import instant_text
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.waiting import at_the_same_time

BOOKED = "booking.appointment.booked.v1"
MOVED = "booking.appointment.moved.v1"
CANCELLED = "booking.appointment.cancelled.v1"
STARTS_AT = datetime.fromisoformat("2026-11-25T08:00:00+00:00")
NEW_ENTRY, CHANGED = "A new entry in your calendar", "A change in your calendar"


@pytest.mark.parametrize("problem", [MailPutOff("450"), MailServerAway("refused")])
def test_a_booking_that_was_put_off_is_not_told_after_its_cancellation(
    hear, send, mailbox: HeldMailbox, clock: StandingClock, database: Database, problem
):
    hear(account(17), event(BOOKED))
    mailbox.failures = [problem]
    assert send() == []
    hear(event(CANCELLED))
    clock.advance(hours=1)
    assert [mail["Subject"] for mail in send()] == [CHANGED]
    clock.advance(days=3)
    assert send() == []
    settle_waiting_mails(database, clock)
    rows = [row for row in mails_in(database) if row.recipient_id == 17]
    assert [(row.state, row.problem) for row in rows] == [
        ("abandoned", "superseded"), ("sent", None)
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(BOOKED, MOVED, CANCELLED), (CANCELLED, BOOKED, MOVED)])
def test_after_an_outage_only_the_newest_is_told(hear, send, order: tuple[str, ...]):
    hear(account(17), account(42))
    for event_type in order:
        hear(event(event_type))
    found = send()
    assert sorted(mail["To"] for mail in found) == ["person17@example.org", "person42@example.org"]
    assert {_method_of(mail) for mail in found} == {"CANCEL"}


def test_other_appointments_of_the_same_person_are_told(hear, send):
    hear(account(17), event(BOOKED), event(CANCELLED, None, calendar_uid="another"))
    assert len(send()) == 2


@pytest.mark.parametrize(("event_type", "count"), [(BOOKED, 0), (MOVED, 0), (CANCELLED, 1)])
def test_nothing_but_a_cancellation_is_mailed_of_an_hour_that_has_begun(
    hear, send, clock: StandingClock, database: Database, event_type: str, count: int
):
    happening = event(event_type, None, starts_at=instant_text(STARTS_AT))
    hear(account(17), happening)
    clock.set(STARTS_AT)
    assert len(send()) == count
    settle_waiting_mails(database, clock)
    assert "queued" not in {row.state for row in mails_in(database) if row.recipient_id == 17}


def test_what_is_heard_only_when_the_hour_has_begun_is_not_mailed(hear, send, clock):
    clock.set(STARTS_AT + timedelta(minutes=1))
    hear(account(17), event(BOOKED, None, starts_at=instant_text(STARTS_AT)))
    assert send() == []


def test_a_mail_about_a_far_hour_still_waits_three_days_at_most_for_its_server(
    hear, mailbox: HeldMailbox, send, clock: StandingClock, database: Database
):
    hear(account(17), event(BOOKED))
    mailbox.failures = [MailServerAway("refused")] * 100
    began = clock.now()
    while mails_in(database)[0].state == "queued":
        send()
        clock.advance(hours=1)
    assert clock.now() - began <= timedelta(days=3, hours=2)


def test_a_newer_mail_waits_while_an_older_one_is_on_its_way(
    hear, database: Database, writer, clock: StandingClock
):
    is_on_its_way, may_go_on = threading.Event(), threading.Event()

    class SlowMailbox(HeldMailbox):
        def deliver(self, message) -> None:
            is_on_its_way.set()
            assert may_go_on.wait(20)
            super().deliver(message)

    slow, quick = SlowMailbox(), HeldMailbox()
    hear(account(17), event(BOOKED))
    thread = threading.Thread(
        target=send_mails, args=(database, slow, writer, clock, threading.Event())
    )
    thread.start()
    assert is_on_its_way.wait(20)
    hear(event(CANCELLED))
    send_mails(database, quick, writer, clock, threading.Event())
    assert quick.taken == []
    clock.advance(seconds=LEASE.total_seconds())
    send_mails(database, quick, writer, clock, threading.Event())
    may_go_on.set()
    thread.join(20)
    assert [_method_of(mail) for mail in quick.taken] == ["CANCEL"], "its worker was given up"


def test_workers_at_once_tell_each_person_in_order(
    hear, database: Database, writer, clock: StandingClock
):
    hear(*[account(number) for number in range(1, 7)])
    for event_type in (BOOKED, CANCELLED):
        hear(*[
            event(event_type, None, client_id=number, practitioner_id=99, calendar_uid=str(number))
            for number in range(1, 7)
        ])  # fmt: skip
    boxes = [HeldMailbox() for _ in range(4)]

    def work(box: HeldMailbox) -> None:
        send_mails(database, box, writer, clock, threading.Event())

    at_the_same_time([partial(work, box) for box in boxes])
    clock.advance(seconds=10)
    work(boxes[0])
    taken = [mail for box in boxes for mail in box.taken]
    assert sorted(mail["To"] for mail in taken) == [f"person{n}@example.org" for n in range(1, 7)]
    assert {_method_of(mail) for mail in taken} == {"CANCEL"}


def _method_of(mail) -> str:
    [attached] = mail.iter_attachments()
    return str(attached["Content-Type"].params["method"])
