"""Messages and completed stages."""

import pytest

from notification_service.tests.factories import CLIENT, THERAPIST, account, event, mails_in
from shared.database import Database
from shared.testing.tokens import TokenMaker

SENT = "chat.message.sent.v1"
COMPLETED = "chat.guided_session.completed.v1"
SETTINGS = "/api/v1/notification-settings/me"


def _told(client, maker: TokenMaker, account_id: int) -> list[dict]:
    return client.get("/api/v1/notifications", headers=maker.headers(account_id)).json["items"]


def test_a_message_is_told_to_its_recipient_only_and_not_mailed_by_default(
    hear, send, client, token_maker: TokenMaker
):
    hear(account(CLIENT), account(THERAPIST), event(SENT))
    [told] = _told(client, token_maker, THERAPIST)
    assert (told["kind"], told["description"]) == ("message", "You have a new message.")
    assert _told(client, token_maker, CLIENT) == []
    assert send() == []


def test_who_wants_copies_by_mail_gets_one_until_the_messages_are_read(
    hear, send, client, token_maker: TokenMaker
):
    headers = token_maker.headers(THERAPIST)
    client.patch(SETTINGS, json={"email_notification": True}, headers=headers)
    hear(account(THERAPIST), event(SENT, None, message_id=1), event(SENT, None, message_id=2))
    assert len(_told(client, token_maker, THERAPIST)) == 2
    assert len(send()) == 1

    client.post("/api/v1/notifications/read", headers=headers)
    hear(event(SENT, None, message_id=3))
    assert len(send()) == 1


def test_a_message_that_comes_twice_is_told_once(hear, client, token_maker: TokenMaker):
    sent = event(SENT)
    hear(sent, sent)
    assert len(_told(client, token_maker, THERAPIST)) == 1


@pytest.mark.parametrize(("wishes", "count"), [({}, 1), ({"results_notification": False}, 0)])
def test_a_completed_stage_is_told_and_mailed_unless_switched_off(
    hear, send, client, token_maker: TokenMaker, wishes: dict, count: int
):
    client.patch(SETTINGS, json=wishes, headers=token_maker.headers(CLIENT))
    completed = event(COMPLETED)
    hear(account(CLIENT), completed, completed)
    assert len(_told(client, token_maker, CLIENT)) == count
    assert len(send()) == count


@pytest.mark.parametrize(
    ("event_type", "field"), [(SENT, "recipient_id"), (COMPLETED, "account_id")]
)
def test_a_malformed_one_leaves_nothing(
    hear, database: Database, client, token_maker: TokenMaker,
    event_type: str, field: str,
):  # fmt: skip
    hear(event(event_type, None, **{field: "17"}))
    assert _told(client, token_maker, CLIENT) == []
    assert mails_in(database) == []
