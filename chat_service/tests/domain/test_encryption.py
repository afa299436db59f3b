"""What people write is unreadable outside of its reader: at rest, changed, moved, rekeyed."""

import base64
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text, update

from chat_service.app import create_app
from chat_service.jobs.resealing import Resealing
from chat_service.models.data_keys import Place, data_keys, master_keys
from chat_service.models.messages import Message
from chat_service.models.transcript_lines import TranscriptLine
from chat_service.settings import Settings
from chat_service.tests.factories import (
    CLIENT,
    OTHER_THERAPIST,
    THERAPIST,
    Caller,
    KnownCareRelations,
    KnownProfiles,
)
from shared.data_keys import BOUND, PLACE_ONLY, DataKey, MasterKeys, TextUnreadable, data_key_of
from shared.database import Database
from shared.master_key_rotation import rewrap_all
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker

CANARY = "канарейка-canary-7Kq2"
OLD, NEW = b"t" * 32, b"n" * 32
PLACE = Place(table="messages", row="1:1", column="sealed_text")

Two = tuple[Caller, Caller]


def _everything_stored(database: Database) -> bytes:
    """Give every byte the database keeps: the files of SQLite, each value of PostgreSQL."""
    if database.is_sqlite:
        path = Path(database.url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    found = []
    with database.engine.connect() as connection:
        for table in inspect(database.engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                for value in row:
                    found.append(value if isinstance(value, bytes) else str(value).encode())
    return b"\n".join(found)


def test_what_is_written_is_nowhere_at_rest(in_care: Two, database: Database):
    client, therapist = in_care
    session_id = client.sessions()[0]["id"]
    key = {"Idempotency-Key": "k-1"}
    answered = client.answer(session_id, CANARY, headers=key, client_message_id="m-1")
    sent = client.call(
        "POST",
        "/api/v1/messages",
        {"recipient_id": THERAPIST, "text": CANARY, "client_message_id": "m-1"},
        key,
    )
    assert (answered.status_code, sent.status_code) == (201, 201)
    assert therapist.messages(1).json["items"][0]["text"] == CANARY
    guide_words = answered.json["items"][0]["text"][:40]
    stored = _everything_stored(database)
    assert b"m-1" in stored, "the search sees what is stored"
    for secret in (CANARY, "canary-7Kq2", guide_words):
        assert secret.encode() not in stored
        assert secret.encode().hex().encode() not in stored


def test_what_is_written_reaches_no_log(in_care: Two, capfd: pytest.CaptureFixture[str]):
    client, _ = in_care
    client.answer(client.sessions()[0]["id"], CANARY)
    client.write(THERAPIST, CANARY)
    client.write(OTHER_THERAPIST, CANARY)
    shown = capfd.readouterr()
    assert "/api/v1/messages" in shown.out, "the requests were logged"
    assert CANARY not in shown.out + shown.err


def _flip(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


@pytest.mark.parametrize("change", [_flip, lambda _: b"", lambda _: b"\x01", lambda s: s[:-4]])
def test_a_changed_message_is_refused_and_never_shown(
    in_care: Two, database: Database, change: Any
):
    client, _ = in_care
    message = client.write(THERAPIST, CANARY).json

    def damage(session: Any) -> None:
        kept = session.get_one(Message, message["id"])
        kept.sealed_text = change(kept.sealed_text)

    database.writing(damage)
    refused = client.messages(message["conversation_id"])
    assert (refused.status_code, refused.json["code"]) == (503, "text_unreadable")
    assert refused.headers["Retry-After"] == "60"


def test_a_message_moved_to_another_row_is_refused(in_care: Two, database: Database):
    client, _ = in_care
    ids = [client.write(THERAPIST, words).json["id"] for words in ("один", "два")]

    def swap(session: Any) -> None:
        one, two = (session.get_one(Message, message_id) for message_id in ids)
        one.sealed_text, two.sealed_text = two.sealed_text, one.sealed_text

    database.writing(swap)
    assert client.messages(1).status_code == 503


@pytest.mark.parametrize(
    "change", [{"sender_id": THERAPIST}, {"sent_at": datetime(2026, 7, 6, 8, 0, 1, tzinfo=UTC)}]
)
def test_a_message_whose_sender_or_moment_was_changed_is_refused(
    in_care: Two, database: Database, change: dict[str, Any]
):
    client, _ = in_care
    client.write(THERAPIST, CANARY)
    assert client.messages(1).status_code == 200
    database.writing(lambda session: session.execute(update(Message).values(**change)))
    refused = client.messages(1)
    assert (refused.status_code, refused.json["code"]) == (503, "text_unreadable")


@pytest.mark.parametrize(
    "change",
    [
        {"is_user": False},
        {"item_id": "another"},
        {"created_at": datetime(2026, 7, 6, 8, 0, 1, tzinfo=UTC)},
    ],
)
def test_a_line_whose_speaker_or_moment_was_changed_is_refused(
    person: Caller, database: Database, change: dict[str, Any]
):
    session_id = person.sessions()[0]["id"]
    person.answer(session_id, CANARY)
    said = update(TranscriptLine).where(TranscriptLine.is_user).values(**change)
    database.writing(lambda session: session.execute(said))
    assert person.transcript(session_id).json["code"] == "text_unreadable"


def test_the_format_of_a_sealed_text_cannot_be_turned_back(in_care: Two, database: Database):
    client, _ = in_care
    message = client.write(THERAPIST, CANARY).json

    def turn_back(session: Any) -> None:
        kept = session.get_one(Message, message["id"])
        kept.sealed_text, kept.sender_id = PLACE_ONLY + kept.sealed_text[1:], THERAPIST

    database.writing(turn_back)
    assert client.messages(1).status_code == 503


def _seal_as_the_release_before(database: Database, masters: MasterKeys) -> None:
    """Seal every text bound to its place alone."""

    def seal(session: Any) -> None:
        owners = {"messages": ("conversation", 1), "transcript_lines": ("person", CLIENT)}
        for model in (Message, TranscriptLine):
            key = data_key_of(session, masters, *owners[model.__tablename__])
            assert key is not None
            for row in session.execute(select(model)).scalars():
                words = row.text(key)
                if words is not None:
                    row.sealed_text = key.seal(words, replace(row._own_place, facts=()))

    database.writing(seal)


def _formats(database: Database) -> set[bytes]:
    def read(session: Any) -> set[bytes]:
        columns = (Message.sealed_text, TranscriptLine.sealed_text)
        rows = [row for each in columns for row in session.execute(select(each)).scalars()]
        return {row[:1] for row in rows if row is not None}

    return database.reading(read)


def test_what_the_release_before_sealed_is_read_and_sealed_anew(in_care: Two, database: Database):
    client, _ = in_care
    session_id = client.sessions()[0]["id"]
    client.answer(session_id, CANARY)
    client.write(THERAPIST, CANARY)
    deleted = client.write(THERAPIST, "gone").json["id"]
    client.call("DELETE", f"/api/v1/messages/{deleted}")
    before = (client.messages(1).json, client.transcript(session_id).json)
    masters = master_keys(OLD)
    _seal_as_the_release_before(database, masters)
    assert _formats(database) == {PLACE_ONLY}
    assert (client.messages(1).json, client.transcript(session_id).json) == before
    resealing = Resealing(database, masters)
    assert resealing.run(threading.Event()) is False
    assert _formats(database) == {BOUND}
    assert (client.messages(1).json, client.transcript(session_id).json) == before
    client.write(THERAPIST, "later")
    assert resealing.run(threading.Event()) is False


def test_resealing_leaves_what_cannot_be_read_and_goes_on(in_care: Two, database: Database):
    client, _ = in_care
    damaged, sound = (client.write(THERAPIST, words).json["id"] for words in ("один", "два"))
    masters = master_keys(OLD)
    client.start(client.sessions()[0]["id"])
    _seal_as_the_release_before(database, masters)
    broken = update(Message).where(Message.id == damaged).values(sealed_text=b"\x01" * 40)
    database.writing(lambda session: session.execute(broken))
    Resealing(database, masters).run(threading.Event())

    def kept(session: Any) -> list[bytes]:
        return [session.get_one(Message, each).sealed_text[:1] for each in (damaged, sound)]

    assert database.reading(kept) == [PLACE_ONLY, BOUND]


def test_a_conversations_key_does_not_open_another(
    in_care: Two, care: KnownCareRelations, database: Database
):
    client, _ = in_care
    care.pairs.add((CLIENT, OTHER_THERAPIST))
    client.write(THERAPIST)
    other = client.write(OTHER_THERAPIST).json["conversation_id"]

    def copy_key(session: Any) -> None:
        one = select(data_keys.c.wrapped_key).where(
            data_keys.c.owner_kind == "conversation", data_keys.c.owner_id == 1
        )
        copied = update(data_keys).where(
            data_keys.c.owner_kind == "conversation", data_keys.c.owner_id == other
        )
        session.execute(copied.values(wrapped_key=session.execute(one).scalar_one()))

    database.writing(copy_key)
    assert client.messages(1).status_code == 200
    assert client.messages(other).status_code == 503
    refused = client.write(OTHER_THERAPIST)
    assert (refused.status_code, refused.json["code"]) == (503, "text_unreadable")


def test_a_changed_line_of_a_transcript_is_refused(person: Caller, database: Database):
    session_id = person.sessions()[0]["id"]
    person.answer(session_id, CANARY)
    changed = update(TranscriptLine).where(TranscriptLine.is_user).values(sealed_text=b"\x01" * 40)
    database.writing(lambda session: session.execute(changed))
    refused = person.transcript(session_id)
    assert (refused.status_code, refused.json["code"]) == (503, "text_unreadable")


def test_a_lost_data_key_is_refused(person: Caller, database: Database):
    session_id = person.sessions()[0]["id"]
    person.start(session_id)
    database.writing(lambda session: session.execute(text("DELETE FROM data_keys")))
    assert person.transcript(session_id).json["code"] == "text_unreadable"


def test_each_person_and_each_conversation_has_a_key_of_its_own(in_care: Two, database: Database):
    client, _ = in_care
    client.start(client.sessions()[0]["id"])
    client.write(THERAPIST)
    rows = database.reading(lambda session: session.execute(select(data_keys)).all())
    assert {(row.owner_kind, row.owner_id) for row in rows} == {
        ("person", CLIENT),
        ("conversation", 1),
    }
    assert {row.master_key_id for row in rows} == {master_keys(OLD).present_id}
    assert len({row.wrapped_key for row in rows}) == 2


def test_a_text_opens_only_where_it_was_sealed():
    key, other = DataKey(os.urandom(32)), DataKey(os.urandom(32))
    sealed = key.seal(CANARY, PLACE)
    assert key.open(sealed, PLACE) == CANARY
    assert key.seal(CANARY, PLACE) != sealed, "the same words never look the same"
    elsewhere = [
        Place(table="answers", row="1:1", column="sealed_text"),
        Place(table="messages", row="1:2", column="sealed_text"),
        Place(table="messages", row="1:1", column="note"),
    ]
    for place in elsewhere:
        with pytest.raises(TextUnreadable):
            key.open(sealed, place)
    with pytest.raises(TextUnreadable):
        other.open(sealed, PLACE)
    for position in range(len(sealed)):
        damaged = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(TextUnreadable):
            key.open(damaged, PLACE)


def test_keys_do_not_show_themselves():
    assert "\\x" not in repr(DataKey(b"\xff" * 32))
    assert "nnnn" not in repr(master_keys(NEW, OLD))


@pytest.fixture
def app_with(
    environment: dict[str, str],
    clock: StandingClock,
    care: KnownCareRelations,
    profiles: KnownProfiles,
    token_maker: TokenMaker,
) -> Iterator[Any]:
    """Make applications with master keys as told, on the one database."""
    made: list[Flask] = []

    def make(present: bytes, previous: bytes | None = None) -> Caller:
        keys = {"TEXT_MASTER_KEY": base64.b64encode(present).decode()}
        if previous is not None:
            keys["TEXT_MASTER_KEY_PREVIOUS"] = base64.b64encode(previous).decode()
        settings = Settings.from_env({**environment, **keys})
        app = create_app(settings, clock=clock, profiles=profiles, care_relations=care)
        made.append(app)
        return Caller(client=app.test_client(), maker=token_maker)

    yield make
    for app in made:
        app.extensions["hearth"].database.dispose()


def test_the_master_key_is_turned_while_everybody_keeps_reading_and_writing(
    app_with: Any, care: KnownCareRelations, database: Database
):
    care.pairs.add((CLIENT, THERAPIST))
    running = app_with(OLD, NEW)
    session_id = running.sessions()[0]["id"]
    running.answer(session_id, CANARY)
    running.write(THERAPIST, "до")
    next_release = app_with(NEW, OLD)
    assert next_release.messages(1).json["items"][0]["text"] == "до"
    assert rewrap_all(database, master_keys(NEW, OLD)) == 2
    assert rewrap_all(database, master_keys(NEW, OLD)) == 0
    for caller in (running, next_release):
        assert caller.write(THERAPIST, "после").status_code == 201
        assert caller.messages(1).json["items"][0]["text"] == "до"
    finished = app_with(NEW)
    assert [line["text"] for line in finished.transcript(session_id).json["items"]].count(CANARY)
    assert finished.messages(1).status_code == 200
    assert finished.client.get("/readyz").status_code == 200


def test_without_the_key_that_wrapped_it_nothing_is_read_and_the_service_is_not_ready(
    app_with: Any, database: Database
):
    known = app_with(OLD)
    session_id = known.sessions()[0]["id"]
    known.start(session_id)
    assert known.client.get("/readyz").status_code == 200
    stranger = app_with(NEW)
    refused = stranger.transcript(session_id)
    assert (refused.status_code, refused.json["code"]) == (503, "text_unreadable")
    ready = stranger.client.get("/readyz")
    assert (ready.status_code, ready.get_json()["checks"]["text_keys"]) == (503, "failing")
    with pytest.raises(TextUnreadable):
        rewrap_all(database, master_keys(NEW))
    assert known.transcript(session_id).status_code == 200
