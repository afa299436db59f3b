"""A repeated request with an Idempotency-Key: its answer is read anew, and nothing anybody wrote is
kept for it.
"""

import pytest
from flask import Flask
from sqlalchemy import select

from chat_service.tests.factories import THERAPIST, Caller
from shared.database import Database
from shared.http import idempotency
from shared.idempotency_keys import idempotency_keys

CANARY = "canary-7Kq2 канарейка"
KEY = {"Idempotency-Key": "k-1"}
Two = tuple[Caller, Caller]


def _kept(app: Flask, database: Database) -> list[str]:
    """Open every kept answer as whoever has INTERNAL_KEY can."""
    rows = database.reading(
        lambda session: session.execute(select(idempotency_keys.c.answer)).scalars().all()
    )
    with app.app_context():
        return [idempotency._box().decrypt(row).decode() for row in rows]


def _send(caller: Caller, text: str = CANARY):
    body = {"recipient_id": THERAPIST, "text": text}
    return caller.call("POST", "/api/v1/messages", body, KEY)


def test_of_what_a_client_writes_nothing_lies_outside_the_data_keys(
    app: Flask, in_care: Two, database: Database
):
    client, _ = in_care
    sent = _send(client)
    answered = client.answer(client.sessions()[0]["id"], CANARY, headers=KEY)
    assert (sent.status_code, answered.status_code) == (201, 201)
    kept = _kept(app, database)
    assert len(kept) == 2
    guide_words = answered.json["items"][-1]["text"]
    for opened in kept:
        for secret in (CANARY, "canary", guide_words, "text"):
            assert secret not in opened


def test_a_repeated_request_never_gives_back_a_deleted_message(in_care: Two):
    client, _ = in_care
    first = _send(client)
    assert _send(client).json == first.json
    assert client.call("DELETE", f"/api/v1/messages/{first.json['id']}").status_code == 204
    again = _send(client)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert (again.json["text"], again.json["is_deleted"]) == (None, True)
    assert again.json["id"] == first.json["id"]


def test_a_repeated_answer_gives_the_first_answers_lines_whatever_came_after(person: Caller):
    session_id = person.sessions()[0]["id"]
    first = person.answer(session_id, CANARY, headers=KEY)
    person.answer(session_id, "another")
    again = person.answer(session_id, CANARY, headers=KEY)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("number", [0, 1])
def test_the_key_of_another_person_finds_nothing_of_this_one(in_care: Two, number: int):
    client, therapist = in_care
    _send(client)
    stranger = therapist if number else client.beside(99)
    answer = stranger.call(
        "POST", "/api/v1/messages", {"recipient_id": THERAPIST, "text": CANARY}, KEY
    )
    assert answer.status_code == 403
