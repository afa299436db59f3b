"""No line of an encoded mail is longer than 76 characters (RFC 2045), and each reads back whole."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from notification_service.tests.factories import account, code, event, page_of, text_of
from shared.testing.clocks import StandingClock

EVENTS = (
    "booking.appointment.booked.v1",
    "booking.appointment.cancelled.v1",
    "chat.guided_session.completed.v1",
)


@pytest.mark.parametrize("locale", ["ru", "en", "ar"])
@pytest.mark.parametrize("event_type", EVENTS)
def test_a_mail_has_no_long_lines(hear, send, locale: str, event_type: str):
    name = "Константин Богдан" * 8
    hear(account(17, locale=locale, first_name=name), event(event_type, None, client_id=17))
    [mail] = send()
    _has_no_long_lines(mail)
    assert name in text_of(_read_back(mail))
    assert name in page_of(_read_back(mail))


@pytest.mark.parametrize("purpose", ["sign_up", "email_change", "password_reset"])
@pytest.mark.parametrize("locale", ["ru", "en", "ar"])
def test_a_code_mail_has_no_long_lines_and_its_long_link_stays_whole(
    hear, send, clock: StandingClock, locale: str, purpose: str
):
    hear(code(clock, locale=locale, purpose=purpose, digits="7" * 200))
    [mail] = send()
    _has_no_long_lines(mail)
    assert f"?token=token-{'7' * 200}" in text_of(_read_back(mail))


@pytest.mark.parametrize(
    "address",
    [
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example",
        f"o'brien+{'tag' * 15}@{'mail-' * 10}x.example",
        "first.middle.last.of.a.very.long.and.dotted.name@department.of.something.example.org",
    ],
)
def test_a_long_address_is_written_whole(hear, send, clock: StandingClock, address: str):
    hear(code(clock, email=address))
    [mail] = send()
    [to] = _read_back(mail)["To"].addresses
    assert to.addr_spec == address
    assert address.encode() in mail.as_bytes()


def _read_back(mail: EmailMessage) -> EmailMessage:
    found = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _has_no_long_lines(mail: EmailMessage) -> None:
    assert max(len(line) for line in mail.as_bytes().splitlines()) <= 76
