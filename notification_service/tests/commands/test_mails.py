"""What operators type about mails."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from notification_service.commands.mails import mails_group
from notification_service.domain.mails import MailRefused
from notification_service.tests.factories import HeldMailbox, account, code, event
from shared.clock import instant_text
from shared.database import Database
from shared.testing.clocks import StandingClock

BOOKED = "booking.appointment.booked.v1"
COMPLETED = "chat.guided_session.completed.v1"
MOVED = "booking.appointment.moved.v1"


@pytest.fixture
def mails(database: Database) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(mails_group(lambda: database), list(words))


def test_mails_are_listed_by_state_without_address_or_content(hear, send, mails, clock):
    hear(account(17), event(BOOKED), code(clock))
    send()
    sent = [json.loads(line) for line in mails("list", "--state", "sent").output.splitlines()]
    assert [mail["template"] for mail in sent] == ["verification_code", "appointment_booked"]
    everything = mails("list").output
    assert len(everything.splitlines()) == 3
    assert "example.org" not in everything
    assert "v1." not in everything
    assert mails("list", "--limit", "1").output.count("\n") == 1


def test_a_failed_mail_can_be_sent_again_under_its_message_id(
    hear, send, mails, mailbox: HeldMailbox
):
    hear(account(17), event(COMPLETED))
    mailbox.failures = [MailRefused("recipient refused with 550")]
    send()
    done = mails("resend", "1")
    assert (done.exit_code, done.output) == (0, "1 queued\n")
    [first] = send()
    assert mails("resend", "1").exit_code == 0
    [second] = send()
    assert first["Message-ID"] == second["Message-ID"]


def test_all_failed_ones_can_be_sent_again(hear, send, mails, mailbox: HeldMailbox):
    hear(account(17), event(COMPLETED), event(COMPLETED), event(COMPLETED))
    mailbox.failures = [MailRefused("no")] * 2
    assert len(send()) == 1
    assert mails("resend", "--all-failed").output == "2 queued\n"
    assert len(send()) == 2


def test_a_waiting_mail_and_a_used_code_are_not_sent_again(hear, send, mails, clock: StandingClock):
    hear(event(BOOKED))
    assert mails("resend", "1").exit_code == 1
    hear(code(clock))
    send()
    refused = mails("resend", "3")
    assert refused.exit_code == 1
    assert "code is gone" in refused.output


def test_what_is_over_or_overtaken_is_not_sent_again(hear, send, mails, clock: StandingClock):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    yesterday = tomorrow - timedelta(days=2)
    clock.set(yesterday - timedelta(days=1))
    hear(
        account(17),
        event(BOOKED, None, starts_at=instant_text(yesterday), practitioner_id=99),
        event(BOOKED, None, starts_at=instant_text(tomorrow), practitioner_id=99, calendar_uid="b"),
    )
    assert len(send()) == 2
    assert mails("resend", "1").exit_code == 1
    assert mails("resend", "3").exit_code == 0
    assert len(send()) == 1
    hear(event(MOVED, None, starts_at=instant_text(tomorrow), practitioner_id=99, calendar_uid="b"))
    assert mails("resend", "3").exit_code == 1


@pytest.mark.parametrize("words", [("999",), ("0",), ("x",), (), ("1", "--all-failed")])
def test_a_mail_that_is_none_is_refused(mails, words: tuple[str, ...]):
    assert mails("resend", *words).exit_code != 0
