"""`/api/v1/conversations`: listing, reading, read marks."""

import pytest

from chat_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    OTHER_THERAPIST,
    THERAPIST,
    Caller,
    KnownCareRelations,
    care_event,
    event,
    hear,
)
from shared.database import Database
from shared.testing.announcements import announced
from shared.testing.clocks import StandingClock

Two = tuple[Caller, Caller]


def _unread(caller: Caller) -> int:
    return int(caller.conversations()[0]["unread_count"])


def test_nobody_has_a_conversation_before_the_first_message(in_care: Two):
    assert [side.conversations() for side in in_care] == [[], []]


def test_both_sides_see_the_conversation(in_care: Two, clock: StandingClock):
    client, therapist = in_care
    conversation_id = client.write(THERAPIST).json["conversation_id"]
    clock.advance(seconds=5)
    client.write(THERAPIST)
    expected = {
        "id": conversation_id,
        "client_id": CLIENT,
        "practitioner_id": THERAPIST,
        "practitioner_name": None,
        "is_open": True,
        "unread_count": 0,
        "created_at": "2026-07-06T08:00:00.000000Z",
        "last_message_at": "2026-07-06T08:00:05.000000Z",
    }
    assert client.conversations() == [expected]
    assert therapist.conversations() == [{**expected, "unread_count": 2}]


def test_the_latest_conversation_stands_first(
    in_care: Two, care: KnownCareRelations, clock: StandingClock
):
    client, therapist = in_care
    care.pairs.add((OTHER_CLIENT, THERAPIST))
    first = client.write(THERAPIST).json["conversation_id"]
    clock.advance(seconds=1)
    second = client.beside(OTHER_CLIENT).write(THERAPIST).json["conversation_id"]
    assert [each["id"] for each in therapist.conversations()] == [second, first]
    clock.advance(seconds=1)
    client.write(THERAPIST)
    assert [each["id"] for each in therapist.conversations()] == [first, second]


def test_only_the_two_read_a_conversation(in_care: Two):
    client, _ = in_care
    message = client.write(THERAPIST).json
    conversation_id = message["conversation_id"]
    others = (
        client.beside(OTHER_CLIENT),
        client.beside(OTHER_THERAPIST, "therapist"),
        client.beside(3, "moderator"),
        client.beside(4, "admin"),
    )
    for other in others:
        assert other.conversations() == []
        for refused in (
            other.messages(conversation_id),
            other.mark_read(conversation_id, message["id"]),
        ):
            assert (refused.status_code, refused.json["code"]) == (404, "conversation_not_found")


def test_after_the_care_relation_both_still_read_and_neither_writes(
    in_care: Two, care: KnownCareRelations
):
    client, therapist = in_care
    conversation_id = client.write(THERAPIST, "Спасибо").json["conversation_id"]
    care.pairs = {(CLIENT, OTHER_THERAPIST)}
    for side, other in ((client, THERAPIST), (therapist, CLIENT)):
        assert side.write(other).status_code == 403
        assert side.messages(conversation_id).json["items"][0]["text"] == "Спасибо"
        assert side.conversations()[0]["is_open"] is False


def test_while_booking_is_down_the_copy_says_what_is_open(
    in_care: Two, care: KnownCareRelations, database: Database, clock: StandingClock
):
    client, _ = in_care
    client.write(THERAPIST)
    care.is_down = True
    assert [side.conversations()[0]["is_open"] for side in in_care] == [False, False]
    hear(database, clock, care_event("started", sequence=1))
    assert [side.conversations()[0]["is_open"] for side in in_care] == [True, True]


def test_messages_are_read_page_by_page_from_the_newest(in_care: Two):
    client, therapist = in_care
    ids = [client.write(THERAPIST, f"{number}").json["id"] for number in range(5)]
    last = therapist.messages(1, "?limit=2").json
    assert [message["id"] for message in last["items"]] == ids[3:]
    earlier = therapist.messages(1, f"?limit=3&cursor={last['next']}").json
    assert [message["id"] for message in earlier["items"]] == ids[:3]
    assert earlier["next"] is None


@pytest.mark.parametrize(
    "query",
    ["?limit=0", "?limit=101", "?limit=x", "?cursor=", "?cursor=x", "?cursor=MS4y", "?cursor=%00"],
)
def test_a_bad_page_is_refused(in_care: Two, query: str):
    client, _ = in_care
    client.write(THERAPIST)
    refused = client.messages(1, query)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("unknown", ["0", "2", "9007199254740992", "9007199254740993", "x"])
def test_an_unknown_conversation_is_not_found(in_care: Two, unknown: str):
    client, _ = in_care
    client.write(THERAPIST)
    path = f"/api/v1/conversations/{unknown}"
    assert client.call("GET", f"{path}/messages").status_code == 404
    assert client.call("PUT", f"{path}/read-mark", {"message_id": 1}).status_code == 404


def test_unread_counts_what_the_other_side_wrote_since(in_care: Two):
    client, therapist = in_care
    first = client.write(THERAPIST).json
    client.write(THERAPIST)
    therapist.write(CLIENT)
    assert (_unread(client), _unread(therapist)) == (1, 2)
    marked = therapist.mark_read(first["conversation_id"], first["id"])
    assert marked.status_code == 200
    assert marked.json == {"conversation_id": first["conversation_id"], "unread_count": 1}
    assert (_unread(client), _unread(therapist)) == (1, 1)


def test_a_read_mark_is_seen_by_the_sender_and_never_moves_back(in_care: Two):
    client, therapist = in_care
    ids = [client.write(THERAPIST).json["id"] for _ in range(3)]
    therapist.mark_read(1, ids[1])
    assert therapist.mark_read(1, ids[0]).json["unread_count"] == 1
    assert therapist.mark_read(1, ids[1]).json["unread_count"] == 1
    seen = [message["is_read"] for message in client.messages(1).json["items"]]
    assert seen == [True, True, False]


def test_a_mark_that_moves_is_announced_and_one_that_does_not_is_not(
    in_care: Two, database: Database
):
    client, therapist = in_care
    ids = [client.write(THERAPIST).json["id"] for _ in range(3)]
    for message_id in (ids[1], ids[0], ids[1], ids[2]):
        assert therapist.mark_read(1, message_id).status_code == 200
    assert announced(database, "chat.conversation.read.v1") == [
        {"conversation_id": 1, "reader_id": THERAPIST, "message_id": message_id}
        for message_id in ids[1:]
    ]


def test_reading_marks_nothing(in_care: Two):
    client, therapist = in_care
    client.write(THERAPIST)
    therapist.messages(1)
    assert _unread(therapist) == 1


def test_a_deleted_message_is_nothing_to_read(in_care: Two):
    client, therapist = in_care
    message_id = client.write(THERAPIST).json["id"]
    client.call("DELETE", f"/api/v1/messages/{message_id}")
    assert _unread(therapist) == 0


def test_a_mark_needs_a_message_of_the_conversation(in_care: Two, care: KnownCareRelations):
    client, _ = in_care
    care.pairs.add((CLIENT, OTHER_THERAPIST))
    mine = client.write(THERAPIST).json["conversation_id"]
    other = client.write(OTHER_THERAPIST).json["id"]
    for message_id in (other, 999, 9007199254740992):
        refused = client.mark_read(mine, message_id)
        assert (refused.status_code, refused.json["code"]) == (404, "message_not_found")
    for bad in (None, 0, "1", True, 9007199254740993):
        assert client.mark_read(mine, bad).status_code in (400, 422)


def test_the_therapists_name_is_told_in_the_readers_language(
    in_care: Two, database: Database, clock: StandingClock
):
    client, _ = in_care
    client.write(THERAPIST)
    names = {"ru": "Мария Орлова", "en": "Maria Orlova"}
    published = event(
        "booking.practitioner.published.v1",
        {"practitioner_id": THERAPIST, "name": names},
        subject=f"practitioner/{THERAPIST}",
    )
    assert hear(database, clock, published) == ["done"]
    assert client.conversations()[0]["practitioner_name"] == "Maria Orlova"
    changed = {"account_id": CLIENT, "locale": "ru", "country": None, "version": 1}
    hear(database, clock, event("profile.profile.changed.v1", changed))
    assert client.conversations()[0]["practitioner_name"] == "Мария Орлова"
