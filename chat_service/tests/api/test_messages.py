"""`/api/v1/messages`: sending and deleting."""

import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from chat_service.app import create_app
from chat_service.models.conversations import Conversation
from chat_service.models.messages import Message
from chat_service.settings import Settings
from chat_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    OTHER_THERAPIST,
    THERAPIST,
    Caller,
    KnownCareRelations,
    KnownProfiles,
    care_event,
    hear,
)
from shared.audit_entries import audit_entries
from shared.database import Database
from shared.testing.announcements import announced
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time

Two = tuple[Caller, Caller]


def _count(database: Database, model: type[Any] = Message) -> int:
    return database.reading(
        lambda session: session.execute(select(func.count()).select_from(model)).scalar_one()
    )


def test_a_client_writes_to_their_therapist(in_care: Two, database: Database):
    client, _ = in_care
    answer = client.write(THERAPIST, "Добрый день")
    assert answer.status_code == 201
    message = answer.json
    assert message == {
        "id": message["id"],
        "conversation_id": message["conversation_id"],
        "sender_id": CLIENT,
        "text": "Добрый день",
        "sent_at": "2026-07-06T08:00:00.000000Z",
        "is_read": False,
        "is_deleted": False,
        "client_message_id": None,
    }
    assert announced(database, "chat.message.sent.v1") == [
        {
            "message_id": message["id"],
            "conversation_id": message["conversation_id"],
            "sender_id": CLIENT,
            "recipient_id": THERAPIST,
            "sent_at": "2026-07-06T08:00:00.000000Z",
        }
    ]


def test_the_therapist_answers_in_the_same_conversation(in_care: Two, database: Database):
    client, therapist = in_care
    asked = client.write(THERAPIST).json
    answered = therapist.write(CLIENT).json
    assert answered["conversation_id"] == asked["conversation_id"]
    assert answered["id"] > asked["id"]
    assert _count(database, Conversation) == 1
    assert announced(database, "chat.message.sent.v1")[-1]["recipient_id"] == CLIENT


@pytest.mark.parametrize(
    ("account_id", "role", "recipient_id"),
    [
        (CLIENT, "client", OTHER_THERAPIST),
        (CLIENT, "client", OTHER_CLIENT),
        (CLIENT, "client", CLIENT),
        (CLIENT, "client", 9007199254740992),
        (OTHER_CLIENT, "client", THERAPIST),
        (OTHER_THERAPIST, "therapist", CLIENT),
        (THERAPIST, "therapist", OTHER_CLIENT),
        (THERAPIST, "therapist", THERAPIST),
        (THERAPIST, "client", CLIENT),
        (CLIENT, "therapist", THERAPIST),
        (THERAPIST, "moderator", CLIENT),
        (CLIENT, "admin", THERAPIST),
    ],
)
def test_nobody_else_may_write(
    in_care: Two, database: Database, account_id: int, role: str, recipient_id: int
):
    refused = in_care[0].beside(account_id, role).write(recipient_id)
    assert (refused.status_code, refused.json["code"]) == (403, "not_in_care")
    assert _count(database) == 0
    assert _count(database, Conversation) == 0


def test_a_message_right_after_choosing_a_therapist_is_accepted_though_no_event_was_heard(
    person: Caller, care: KnownCareRelations
):
    assert person.write(THERAPIST).status_code == 403
    care.pairs.add((CLIENT, THERAPIST))
    assert person.write(THERAPIST).status_code == 201


def test_the_former_therapist_is_refused_right_after_the_change(
    in_care: Two, care: KnownCareRelations
):
    client, therapist = in_care
    assert therapist.write(CLIENT).status_code == 201
    care.pairs = {(CLIENT, OTHER_THERAPIST)}
    assert therapist.write(CLIENT).status_code == 403
    assert client.write(THERAPIST).status_code == 403
    assert client.write(OTHER_THERAPIST).status_code == 201


def test_what_booking_says_counts_more_than_the_copy(
    person: Caller, database: Database, clock: StandingClock
):
    assert hear(database, clock, care_event("started", sequence=1)) == ["done"]
    assert person.write(THERAPIST).status_code == 403


def test_while_booking_is_down_the_copy_decides(
    person: Caller, care: KnownCareRelations, database: Database, clock: StandingClock
):
    care.is_down = True
    assert person.write(THERAPIST).status_code == 403
    hear(database, clock, care_event("started", sequence=1))
    assert person.write(THERAPIST).status_code == 201
    hear(database, clock, care_event("ended", sequence=2))
    assert person.write(THERAPIST).status_code == 403


def test_a_new_therapist_is_a_new_conversation(in_care: Two, care: KnownCareRelations):
    client, _ = in_care
    first = client.write(THERAPIST).json["conversation_id"]
    care.pairs = {(CLIENT, OTHER_THERAPIST)}
    second = client.write(OTHER_THERAPIST).json["conversation_id"]
    assert first != second
    new = client.beside(OTHER_THERAPIST, "therapist")
    assert [each["id"] for each in new.conversations()] == [second]
    assert new.messages(first).status_code == 404


def test_coming_back_to_a_therapist_continues_the_conversation(
    in_care: Two, care: KnownCareRelations
):
    client, _ = in_care
    first = client.write(THERAPIST).json["conversation_id"]
    care.pairs = set()
    assert client.write(THERAPIST).status_code == 403
    care.pairs = {(CLIENT, THERAPIST)}
    assert client.write(THERAPIST).json["conversation_id"] == first


@pytest.mark.parametrize(
    "text", ["x" * 4000, " kept \r\n", "O'Brien <b>&amp;", "👩‍👩‍👧", "شكرًا ‮x", "../../etc/passwd"]
)
def test_a_text_is_given_back_exactly(in_care: Two, text: str):
    client, therapist = in_care
    sent = client.write(THERAPIST, text).json
    assert sent["text"] == text
    assert therapist.messages(sent["conversation_id"]).json["items"][0]["text"] == text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "a"}, "recipient_id"),
        ({"recipient_id": THERAPIST}, "text"),
        ({"recipient_id": THERAPIST, "text": ""}, "text"),
        ({"recipient_id": THERAPIST, "text": " \n "}, "text"),
        ({"recipient_id": THERAPIST, "text": "x" * 4001}, "text"),
        ({"recipient_id": THERAPIST, "text": None}, "text"),
        ({"recipient_id": THERAPIST, "text": 5}, "text"),
        ({"recipient_id": THERAPIST, "text": ["a"]}, "text"),
        ({"recipient_id": None, "text": "a"}, "recipient_id"),
        ({"recipient_id": "42", "text": "a"}, "recipient_id"),
        ({"recipient_id": True, "text": "a"}, "recipient_id"),
        ({"recipient_id": 1.5, "text": "a"}, "recipient_id"),
        ({"recipient_id": 0, "text": "a"}, "recipient_id"),
        ({"recipient_id": -1, "text": "a"}, "recipient_id"),
        ({"recipient_id": 42, "text": "a", "client_message_id": ""}, "client_message_id"),
        ({"recipient_id": 42, "text": "a", "client_message_id": "x" * 65}, "client_message_id"),
        ({"recipient_id": 42, "text": "a", "client_message_id": 1}, "client_message_id"),
        ({"recipient_id": 42, "text": "a", "subject": "b"}, "subject"),
    ],
)
def test_a_bad_body_is_refused_and_leaves_nothing(
    in_care: Two, database: Database, body: object, field: str
):
    refused = in_care[0].call("POST", "/api/v1/messages", body)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")
    assert list(refused.json["errors"]) == [field]
    assert _count(database) == 0


@pytest.mark.parametrize(
    "raw", [b'{"recipient_id": 42, "text": "\\u0000"}', b'{"recipient_id": 42, "text": "\\ud800"}']
)
def test_what_no_database_stores_is_unreadable(
    client: FlaskClient, in_care: Two, token_maker: TokenMaker, raw: bytes
):
    answer = client.post(
        "/api/v1/messages",
        data=raw,
        content_type="application/json",
        headers=token_maker.headers(CLIENT),
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "unreadable_body")


def test_the_same_client_message_id_is_sent_once(in_care: Two, database: Database):
    client, _ = in_care
    first = client.write(THERAPIST, "Раз", client_message_id="m-1")
    again = client.write(THERAPIST, "Раз", client_message_id="m-1")
    assert (again.status_code, again.json) == (201, first.json)
    assert _count(database) == 1
    assert len(announced(database, "chat.message.sent.v1")) == 1


def test_the_same_client_message_id_at_the_same_time_is_sent_once(in_care: Two, database: Database):
    client, _ = in_care

    def send(caller: Caller) -> Any:
        return caller.write(THERAPIST, "Раз", client_message_id="m-1").json

    callers = [client.beside(CLIENT) for _ in range(8)]
    answers = at_the_same_time(
        [lambda caller=caller: send(caller) for caller in callers]  # type: ignore[misc]
    )
    assert all(answer == answers[0] for answer in answers)
    assert _count(database) == 1
    assert len(announced(database, "chat.message.sent.v1")) == 1


def test_a_client_message_id_does_not_stand_for_two_texts(in_care: Two, database: Database):
    client, _ = in_care
    client.write(THERAPIST, "Раз", client_message_id="m-1")
    refused = client.write(THERAPIST, "Два", client_message_id="m-1")
    assert (refused.status_code, refused.json["code"]) == (409, "client_message_id_reused")
    assert _count(database) == 1


def test_both_sides_may_use_the_same_client_message_id(in_care: Two, database: Database):
    client, therapist = in_care
    client.write(THERAPIST, "Раз", client_message_id="m-1")
    assert therapist.write(CLIENT, "Два", client_message_id="m-1").json["text"] == "Два"
    assert _count(database) == 2


def test_a_repeated_request_is_answered_though_the_care_relation_has_ended_meanwhile(
    in_care: Two, care: KnownCareRelations
):
    client, _ = in_care
    first = client.write(THERAPIST, "Раз", client_message_id="m-1")
    care.pairs = set()
    again = client.write(THERAPIST, "Раз", client_message_id="m-1")
    assert (again.status_code, again.json) == (201, first.json)
    assert client.write(THERAPIST, "Раз", client_message_id="m-2").status_code == 403


def test_an_idempotency_key_sends_once(in_care: Two, database: Database):
    client, _ = in_care
    body = {"recipient_id": THERAPIST, "text": "Раз"}
    key = {"Idempotency-Key": "k-1"}
    first = client.call("POST", "/api/v1/messages", body, key)
    again = client.call("POST", "/api/v1/messages", body, key)
    assert (again.status_code, again.json) == (201, first.json)
    assert _count(database) == 1


def test_messages_of_both_sides_at_the_same_time_all_arrive_in_one_order(
    in_care: Two, database: Database
):
    client, therapist = in_care
    client.write(THERAPIST, "first")

    def send(number: int) -> int:
        if number % 2:
            return client.beside(CLIENT).write(THERAPIST, f"c{number}").status_code
        return therapist.beside(THERAPIST, "therapist").write(CLIENT, f"t{number}").status_code

    statuses = at_the_same_time(
        [lambda number=number: send(number) for number in range(12)]  # type: ignore[misc]
    )
    assert statuses == [201] * 12
    seen = [
        [message["text"] for message in side.messages(1).json["items"]]
        for side in (client, therapist)
    ]
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 13
    ids = [message["id"] for message in client.messages(1).json["items"]]
    assert ids == sorted(ids)
    told = [event["message_id"] for event in announced(database, "chat.message.sent.v1")]
    assert told == ids


def test_the_first_messages_of_both_sides_at_the_same_time_make_one_conversation(
    in_care: Two, database: Database
):
    client, therapist = in_care
    statuses = at_the_same_time(
        [
            lambda: client.write(THERAPIST).status_code,
            lambda: therapist.write(CLIENT).status_code,
        ]
    )
    assert statuses == [201, 201]
    assert _count(database, Conversation) == 1


def test_a_sender_deletes_a_message_and_a_tombstone_stays(in_care: Two, database: Database):
    client, therapist = in_care
    message = client.write(THERAPIST, "Не то").json
    path = f"/api/v1/messages/{message['id']}"
    assert client.call("DELETE", path).status_code == 204
    assert client.call("DELETE", path).status_code == 204
    (left,) = therapist.messages(message["conversation_id"]).json["items"]
    assert (left["id"], left["text"], left["is_deleted"]) == (message["id"], None, True)
    kept = database.reading(lambda session: session.get_one(Message, message["id"]))
    assert kept.sealed_text is None
    assert announced(database, "chat.message.deleted.v1") == [
        {
            "message_id": message["id"],
            "conversation_id": message["conversation_id"],
            "sender_id": CLIENT,
            "recipient_id": THERAPIST,
            "was_read": False,
        }
    ]


def test_a_deletion_says_whether_the_message_had_been_read(in_care: Two, database: Database):
    client, therapist = in_care
    read, unread = (client.write(THERAPIST).json["id"] for _ in range(2))
    therapist.mark_read(1, read)
    at_the_same_time([lambda: client.beside(CLIENT).call("DELETE", f"/api/v1/messages/{read}")] * 4)
    client.call("DELETE", f"/api/v1/messages/{unread}")
    deleted = announced(database, "chat.message.deleted.v1")
    assert [(each["message_id"], each["was_read"]) for each in deleted] == [
        (read, True), (unread, False)
    ]  # fmt: skip


def test_ids_and_moments_grow_together_whatever_clocks_say(
    in_care: Two, clock: StandingClock, database: Database
):
    client, therapist = in_care
    client.write(THERAPIST)
    clock.advance(seconds=-30)  # set back, or the host of the other side is behind
    therapist.write(CLIENT)
    clock.advance(seconds=31)
    client.write(THERAPIST)
    items = client.messages(1).json["items"]
    assert [item["id"] for item in items] == sorted(item["id"] for item in items)
    assert [item["sent_at"][17:19] for item in items] == ["00", "00", "01"]


def test_the_clock_is_read_only_when_it_is_ones_turn(
    in_care: Two, database: Database, clock: StandingClock, settings: Settings,
    token_maker: TokenMaker, care: KnownCareRelations,
):  # fmt: skip
    """Requests may begin in one order and write in another: their moments follow the ids."""
    client, _ = in_care
    client.write(THERAPIST)
    ticks = iter(range(1, 10_000))
    lock = threading.Lock()

    class Ticking(StandingClock):
        def now(self) -> datetime:
            with lock:
                return clock.now() + timedelta(seconds=next(ticks))

    app = create_app(settings, clock=Ticking(), profiles=KnownProfiles(), care_relations=care)
    try:
        sides = [
            Caller(client=app.test_client(), maker=token_maker, account_id=account_id, role=role)
            for account_id, role in ((CLIENT, "client"), (THERAPIST, "therapist")) * 5
        ]
        at_the_same_time(
            [partial(side.write, THERAPIST if side.role == "client" else CLIENT) for side in sides]
        )
    finally:
        app.extensions["hearth"].database.dispose()
    items = client.messages(1, "?limit=100").json["items"]
    assert len(items) == 11
    moments = [item["sent_at"] for item in sorted(items, key=lambda item: item["id"])]
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)


def test_deleting_a_message_is_recorded_with_who_did_it_from_where(
    in_care: Two, database: Database
):
    client, _ = in_care
    message_id = client.write(THERAPIST, "gone").json["id"]
    path = f"/api/v1/messages/{message_id}"
    told = {"X-Forwarded-For": "198.51.100.7, 2001:DB8::7"}
    assert client.beside(CLIENT + 1).call("DELETE", path).status_code == 404
    assert client.call("DELETE", path, headers=told).status_code == 204
    rows = database.reading(lambda session: session.execute(select(audit_entries)).all())
    assert [(row.act, row.account_id, row.actor_id, row.network) for row in rows] == [
        ("message_deleted", CLIENT, CLIENT, "2001:db8::/64")
    ]


def test_a_deleted_message_sent_again_stays_deleted(in_care: Two, database: Database):
    client, _ = in_care
    message = client.write(THERAPIST, "Не то", client_message_id="m-1").json
    client.call("DELETE", f"/api/v1/messages/{message['id']}")
    again = client.write(THERAPIST, "Не то", client_message_id="m-1").json
    assert (again["id"], again["text"], again["is_deleted"]) == (message["id"], None, True)
    assert _count(database) == 1


def test_only_the_sender_deletes(in_care: Two):
    client, therapist = in_care
    message = client.write(THERAPIST, "Моё").json
    path = f"/api/v1/messages/{message['id']}"
    refused = therapist.call("DELETE", path)
    assert (refused.status_code, refused.json["code"]) == (403, "not_your_message")
    for other in (client.beside(OTHER_CLIENT), client.beside(3, "admin")):
        refused = other.call("DELETE", path)
        assert (refused.status_code, refused.json["code"]) == (404, "message_not_found")
    assert client.messages(message["conversation_id"]).json["items"][0]["text"] == "Моё"


@pytest.mark.parametrize("unknown", ["0", "77", "9007199254740992", "9007199254740993", "x"])
def test_an_unknown_message_is_not_found(in_care: Two, unknown: str):
    assert in_care[0].call("DELETE", f"/api/v1/messages/{unknown}").status_code == 404


@pytest.fixture
def limited(
    environment: dict[str, str],
    clock: StandingClock,
    care: KnownCareRelations,
    token_maker: TokenMaker,
) -> Any:
    """Give the usual client of an application whose limits are those of production."""
    care.pairs.add((CLIENT, THERAPIST))
    settings = Settings.from_env({**environment, "RATE_LIMIT_SCALE": "1"})
    app = create_app(settings, clock=clock, profiles=KnownProfiles(), care_relations=care)
    yield Caller(client=app.test_client(), maker=token_maker)
    app.extensions["hearth"].database.dispose()


def test_thirty_messages_a_minute_may_be_sent(limited: Caller, clock: StandingClock):
    for number in range(30):
        assert limited.write(THERAPIST, client_message_id=f"m-{number}").status_code == 201
        clock.advance(seconds=1)
    refused = limited.write(THERAPIST)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert refused.headers["Retry-After"] == "30"
    assert limited.write(THERAPIST, client_message_id="m-0").status_code == 201, "said already"
    therapist = limited.beside(THERAPIST, "therapist")
    assert therapist.write(CLIENT).status_code == 201, "everybody has a limit of their own"
    clock.advance(seconds=30)
    assert limited.write(THERAPIST).status_code == 201
    assert limited.write(THERAPIST).status_code == 429


def test_the_limit_is_exact_at_the_same_time(limited: Caller, database: Database):
    for _ in range(25):
        limited.write(THERAPIST)
    callers = [limited.beside(CLIENT) for _ in range(10)]
    statuses = at_the_same_time(
        [lambda caller=caller: caller.write(THERAPIST).status_code for caller in callers]  # type: ignore[misc]
    )
    assert sorted(statuses) == [201] * 5 + [429] * 5
    assert _count(database) == 30
