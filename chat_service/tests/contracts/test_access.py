"""Every cell of `access.yaml`, tried through HTTP, and the corpus of forged tokens."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from chat_service.tests.factories import Caller, KnownCareRelations
from shared.testing.access_matrix import (
    PERSONS,
    ROLE_OF,
    Call,
    Cast,
    Prepare,
    Row,
    Stage,
    coverage_faults,
    read_table,
)
from shared.testing.forged_tokens import forger_at_work, let_in
from shared.testing.tokens import TokenMaker

ROWS = read_table(Path(__file__).parent / "access.yaml")
SESSIONS = "/api/v1/guided-sessions"
ONE_SESSION = f"{SESSIONS}/{{guided_session_id}}"
CONVERSATIONS = "/api/v1/conversations"
ONE_CONVERSATION = f"{CONVERSATIONS}/{{conversation_id}}"
MESSAGES = "/api/v1/messages"
SECRET = "what nobody else reads"


@pytest.fixture
def stage(client: FlaskClient, token_maker: TokenMaker, care: KnownCareRelations) -> Stage:
    numbers = count(1000)

    def make_cast() -> Cast:
        cast = Cast(ids={actor: next(numbers) for actor in PERSONS})
        care.pairs.add((cast.owner, cast.assigned))
        return cast

    return Stage(client=client, maker=token_maker, make_cast=make_cast)


@pytest.fixture
def prepares(person: Caller, care: KnownCareRelations) -> dict[str, Prepare]:
    """Tell for each row what is called, on what was made for its cast."""

    def actor_of(cast: Cast, actor: str) -> Caller:
        return person.beside(cast.ids[actor], ROLE_OF[actor])

    def seen_by(caller: Caller, path: str) -> Callable[[], object]:
        return lambda: caller.call("GET", path).json

    def listed_sessions(cast: Cast) -> Call:
        own = {each["id"] for each in actor_of(cast, "owner").sessions()}
        assert own
        return Call(
            path=SESSIONS, shows=lambda body: bool(own & {each["id"] for each in body["items"]})
        )

    def guided(
        act: str, body: object = None, *, stage_order: int = 0, is_begun: bool = True
    ) -> Prepare:
        def prepare(cast: Cast) -> Call:
            owner = actor_of(cast, "owner")
            session_id = owner.sessions()[stage_order]["id"]
            first = owner.sessions()[0]["id"]
            if is_begun:
                assert owner.start(first).status_code == 200
                assert owner.answer(first, SECRET).status_code == 201
            return Call(
                path=f"{SESSIONS}/{session_id}/{act}",
                json=body,
                shows=(lambda found: SECRET in str(found)) if act == "transcript" else None,
                state=seen_by(owner, f"{SESSIONS}/{first}/transcript"),
            )

        return prepare

    def written(cast: Cast, therapist: str = "assigned") -> dict[str, Any]:
        """Let the owner write to a therapist; with the former one they are not in care any more."""
        pair = (cast.owner, cast.ids[therapist])
        care.pairs.add(pair)
        answer = actor_of(cast, "owner").write(pair[1], SECRET)
        assert answer.status_code == 201, answer.json
        if therapist == "former":
            care.pairs.remove(pair)
            written(cast)
        message: dict[str, Any] = answer.json
        return message

    def listed_conversations(therapist: str) -> Prepare:
        def prepare(cast: Cast) -> Call:
            found = written(cast, therapist)["conversation_id"]
            return Call(
                path=CONVERSATIONS,
                shows=lambda body: found in [each["id"] for each in body["items"]],
            )

        return prepare

    def messages_with(therapist: str) -> Prepare:
        def prepare(cast: Cast) -> Call:
            path = f"{CONVERSATIONS}/{written(cast, therapist)['conversation_id']}/messages"
            return Call(path=path, shows=lambda body: SECRET in str(body))

        return prepare

    def read_mark(cast: Cast) -> Call:
        message = written(cast)
        return Call(
            path=f"{CONVERSATIONS}/{message['conversation_id']}/read-mark",
            json={"message_id": message["id"]},
            state=seen_by(actor_of(cast, "assigned"), CONVERSATIONS),
        )

    def writing_to(recipient: str) -> Prepare:
        def prepare(cast: Cast) -> Call:
            found = written(cast, "former")["conversation_id"]
            owner = actor_of(cast, "owner")

            def said() -> object:
                ids = {found, *(each["id"] for each in owner.conversations())}
                return [owner.messages(each).json for each in sorted(ids)]

            return Call(
                path=MESSAGES,
                json={"recipient_id": cast.ids[recipient], "text": "Hello"},
                state=said,
            )

        return prepare

    def deleting(cast: Cast) -> Call:
        message = written(cast)
        path = f"{CONVERSATIONS}/{message['conversation_id']}/messages"
        return Call(
            path=f"{MESSAGES}/{message['id']}", state=seen_by(actor_of(cast, "owner"), path)
        )

    former = " | with the former therapist"
    return {
        "GET /api/v1/stages": lambda _cast: Call(path="/api/v1/stages"),
        "GET /api/v1/help-lines": lambda _cast: Call(path="/api/v1/help-lines"),
        f"GET {SESSIONS}": listed_sessions,
        f"POST {ONE_SESSION}/start": guided("start", is_begun=False),
        f"POST {ONE_SESSION}/start | of a locked stage": guided("start", stage_order=3),
        f"POST {ONE_SESSION}/answers": guided("answers", {"text": "Well"}),
        f"GET {ONE_SESSION}/transcript": guided("transcript"),
        f"GET {CONVERSATIONS}": listed_conversations("assigned"),
        f"GET {CONVERSATIONS}{former}": listed_conversations("former"),
        f"GET {ONE_CONVERSATION}/messages": messages_with("assigned"),
        f"GET {ONE_CONVERSATION}/messages{former}": messages_with("former"),
        f"PUT {ONE_CONVERSATION}/read-mark": read_mark,
        f"POST {MESSAGES} | to the assigned therapist": writing_to("assigned"),
        f"POST {MESSAGES} | to the owner": writing_to("owner"),
        f"POST {MESSAGES} | to the former therapist": writing_to("former"),
        f"DELETE {MESSAGES}/{{message_id}}": deleting,
    }


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


def test_every_operation_has_a_row(app: Flask, prepares: dict[str, Prepare]) -> None:
    assert coverage_faults(app, ROWS, prepares) == []


def test_no_forged_token_is_let_in(client: FlaskClient, token_maker: TokenMaker) -> None:
    with forger_at_work(token_maker) as (forger, asked):
        good = {"Authorization": f"Bearer {forger.good()}"}
        assert client.get(CONVERSATIONS, headers=good).status_code == 200
        assert let_in(client, "GET", CONVERSATIONS, forger.tokens()) == []
    assert asked == []
