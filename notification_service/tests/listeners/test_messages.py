"""Messages and completed stages."""

import pytest

from notification_service.tests.factories import CLIENT, THERAPIST, account, event, mails_in
from shared.database import Database
from shared.testing.announcements import announced
from shared.testing.tokens import TokenMaker

SENT = "chat.message.sent.v1"
DELETED = "chat.message.deleted.v1"
READ = "chat.conversation.read.v1"
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


CREATED, FEWER_UNREAD = "notification.notification.created.v1", "notification.notification.read.v1"


def test_who_shows_notifications_live_hears_of_each_change_once(
    hear, client, database: Database, token_maker: TokenMaker
):
    sent, headers = event(SENT, None, message_id=1), token_maker.headers(THERAPIST)
    hear(sent, sent)
    (created,) = announced(database, CREATED)
    (told,) = _told(client, token_maker, THERAPIST)
    assert created == {"notification_id": told["id"], "recipient_id": THERAPIST}

    for _ in range(2):
        hear(event(READ, None, reader_id=THERAPIST, message_id=1))
    assert announced(database, FEWER_UNREAD) == [{"recipient_id": THERAPIST}]

    hear(event(SENT, None, message_id=2))
    for _ in range(2):
        client.post("/api/v1/notifications/read", headers=headers)
    assert len(announced(database, FEWER_UNREAD)) == 2

    hear(event(SENT, None, message_id=3), event(DELETED, None, message_id=3, was_read=False))
    assert len(announced(database, FEWER_UNREAD)) == 3
    client.delete(f"/api/v1/notifications/{told['id']}", headers=headers)
    client.delete(f"/api/v1/notifications/{told['id']}", headers=headers)
    assert len(announced(database, FEWER_UNREAD)) == 4
    assert len(announced(database, CREATED)) == 3


def test_a_message_that_was_read_or_deleted_before_it_was_heard_of_is_no_news(
    hear, database: Database
):
    hear(event(READ, None, reader_id=THERAPIST, message_id=5), event(SENT, None, message_id=5))
    hear(event(DELETED, None, message_id=6, was_read=False), event(SENT, None, message_id=6))
    assert announced(database, CREATED) == []


def _unread(client, maker: TokenMaker, account_id: int) -> int:
    path = "/api/v1/notifications/unread-count"
    return client.get(path, headers=maker.headers(account_id)).json["count"]


def test_reading_a_conversation_reads_what_was_told_of_it(hear, client, token_maker: TokenMaker):
    hear(event(SENT, None, message_id=1), event(SENT, None, message_id=2))
    hear(event(SENT, None, message_id=3, conversation_id=78))
    hear(event(SENT, None, message_id=4, recipient_id=CLIENT))
    assert _unread(client, token_maker, THERAPIST) == 3

    hear(event(READ, None, message_id=1))
    assert _unread(client, token_maker, THERAPIST) == 2
    hear(event(READ, None, message_id=4))
    assert _unread(client, token_maker, THERAPIST) == 1, "another conversation"
    assert _unread(client, token_maker, CLIENT) == 1, "the other side"
    assert len(_told(client, token_maker, THERAPIST)) == 3


def test_a_message_that_is_heard_of_after_it_was_read_is_told_as_read_and_not_mailed(
    hear, send, client, token_maker: TokenMaker
):
    _wants_copies(client, token_maker)
    hear(account(THERAPIST), event(READ, None, message_id=5), event(READ, None, message_id=3))
    hear(event(SENT, None, message_id=4), event(SENT, None, message_id=5))
    assert [item["is_read"] for item in _told(client, token_maker, THERAPIST)] == [True, True]
    assert send() == []
    hear(event(SENT, None, message_id=6))
    assert _unread(client, token_maker, THERAPIST) == 1
    assert len(send()) == 1


def test_the_mail_comes_again_after_the_conversation_was_read(
    hear, send, client, token_maker: TokenMaker
):
    _wants_copies(client, token_maker)
    hear(account(THERAPIST), event(SENT, None, message_id=1), event(SENT, None, message_id=2))
    assert len(send()) == 1
    hear(event(READ, None, message_id=1), event(SENT, None, message_id=3))
    assert send() == [], "one is still unread"
    hear(event(READ, None, message_id=3), event(SENT, None, message_id=4))
    assert len(send()) == 1


def test_a_mail_that_still_waits_is_not_sent_once_everything_is_read_or_deleted(
    hear, send, client, token_maker: TokenMaker, database: Database
):
    _wants_copies(client, token_maker)
    hear(account(THERAPIST), event(SENT, None, message_id=1), event(READ, None, message_id=1))
    hear(event(SENT, None, message_id=2), event(DELETED, None, message_id=2))
    assert send() == []
    assert {(row.state, row.problem) for row in mails_in(database)} == {("abandoned", "over")}
    hear(event(SENT, None, message_id=3), event(SENT, None, message_id=4))
    hear(event(DELETED, None, message_id=4))
    assert len(send()) == 1, "one is still unread"


def test_a_message_deleted_unread_takes_its_notification_along(
    hear, client, token_maker: TokenMaker
):
    sent = event(SENT, None, message_id=1)
    hear(sent, event(SENT, None, message_id=2))
    client.post("/api/v1/notifications/read", headers=token_maker.headers(THERAPIST))
    deleted = event(DELETED, None, message_id=1)
    hear(deleted, deleted, event(DELETED, None, message_id=1))
    assert len(_told(client, token_maker, THERAPIST)) == 1
    hear(event(SENT, None, message_id=1))
    assert len(_told(client, token_maker, THERAPIST)) == 1, "its news does not bring it back"


def test_a_message_deleted_after_it_was_read_stays_told(hear, client, token_maker: TokenMaker):
    hear(event(SENT, None, message_id=1), event(DELETED, None, message_id=1, was_read=True))
    assert len(_told(client, token_maker, THERAPIST)) == 1


def test_a_message_whose_deletion_is_heard_first_is_never_told(
    hear, client, token_maker: TokenMaker
):
    hear(event(DELETED, None, message_id=1))
    hear(event(SENT, None, message_id=1), event(SENT, None, message_id=2))
    assert len(_told(client, token_maker, THERAPIST)) == 1
    assert _unread(client, token_maker, THERAPIST) == 1


def _wants_copies(client, maker: TokenMaker) -> None:
    headers = maker.headers(THERAPIST)
    client.patch(SETTINGS, json={"email_notification": True}, headers=headers)


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
    ("event_type", "field"),
    [
        (SENT, "recipient_id"),
        (SENT, "message_id"),
        (DELETED, "was_read"),
        (READ, "reader_id"),
        (COMPLETED, "account_id"),
    ],
)
def test_a_malformed_one_leaves_nothing(
    hear, database: Database, client, token_maker: TokenMaker,
    event_type: str, field: str,
):  # fmt: skip
    assert hear(event(event_type, None, **{field: "17"})) == ["dead"]
    assert _told(client, token_maker, CLIENT) == []
    assert mails_in(database) == []
