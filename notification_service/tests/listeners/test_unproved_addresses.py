"""To an address nobody has proved goes what is about its proof and about security, nothing else."""

from dataclasses import replace

import pytest

from notification_service.jobs.mails import settle_waiting_mails
from notification_service.tests.factories import CLIENT, THERAPIST, account, code, event, mails_in
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker

BOOKED = "booking.appointment.booked.v1"
CHANGED = "auth.account.changed.v1"
ABOUT_ONE = {
    "booking.appointment.booked.v1": {},
    "booking.appointment.moved.v1": {},
    "booking.appointment.cancelled.v1": {},
    "chat.guided_session.completed.v1": {},
    "chat.message.sent.v1": {"recipient_id": CLIENT},
}


@pytest.mark.parametrize("event_type", ABOUT_ONE)
def test_an_unproved_address_gets_no_mail_but_its_account_is_told(
    hear, send, client, token_maker: TokenMaker, event_type: str
):
    headers = token_maker.headers(CLIENT)
    client.patch(
        "/api/v1/notification-settings/me", json={"email_notification": True}, headers=headers
    )
    hear(account(CLIENT, is_verified=False))
    news = [event(event_type, None, **ABOUT_ONE[event_type]) for _ in range(31)]
    if event_type == "chat.message.sent.v1":
        news = [
            replace(each, data={**each.data, "message_id": n}) for n, each in enumerate(news, 1)
        ]
    hear(*news)
    assert send() == []
    assert len(client.get("/api/v1/notifications", headers=headers).json["items"]) == 31


def test_codes_and_notices_reach_an_unproved_address(hear, send, clock: StandingClock):
    hear(account(CLIENT, is_verified=False), code(clock, account_id=CLIENT))
    hear(event("auth.account.notice.v1", None, account_id=CLIENT))
    assert len(send()) == 2


def test_the_therapist_of_an_unproved_client_is_mailed(hear, send):
    hear(account(CLIENT, is_verified=False), account(THERAPIST), event(BOOKED))
    assert [mail["To"] for mail in send()] == ["person42@example.org"]


def test_once_proved_only_what_happens_later_is_mailed(
    hear, send, clock: StandingClock, database: Database
):
    hear(account(CLIENT, is_verified=False), event(BOOKED, None, practitioner_id=99))
    clock.advance(minutes=1)
    hear(_proved(clock))
    assert send() == []
    settle_waiting_mails(database, clock)
    [row] = [row for row in mails_in(database) if row.recipient_id == CLIENT]
    assert (row.state, row.problem) == ("abandoned", "address not proved")
    clock.advance(minutes=1)
    hear(event(BOOKED, clock.now(), calendar_uid="another"))
    assert len(send()) == 1


def test_a_proof_that_is_heard_late_counts_from_when_it_was_given(hear, send, clock: StandingClock):
    hear(account(CLIENT, is_verified=False))
    proof = _proved(clock)
    clock.advance(minutes=1)
    hear(event(BOOKED, clock.now()))
    assert send() == []
    hear(proof)
    assert len(send()) == 1


def test_a_booking_heard_before_its_account_is_not_mailed_once_that_is_proved(
    hear, send, clock: StandingClock
):
    hear(event(BOOKED))
    hear(account(CLIENT, is_verified=False))
    assert send() == []
    clock.advance(minutes=1)
    hear(_proved(clock))
    assert send() == []


def _proved(clock: StandingClock):
    return event(
        CHANGED, clock.now(), account_id=CLIENT, email="person17@example.org", is_verified=True,
        version=2,
    )  # fmt: skip
