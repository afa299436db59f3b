"""What a person may fetch: their own guided sessions, and the conversations they are a side of."""

import pytest

from chat_service.errors import ConversationNotFound, GuidedSessionNotFound, MessageNotFound
from chat_service.queries.conversations import conversation_visible_to, conversations_visible_to
from chat_service.queries.guided_sessions import guided_session_visible_to
from chat_service.queries.messages import message_visible_to
from chat_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    OTHER_THERAPIST,
    THERAPIST,
    Caller,
)
from shared.database import Database
from shared.pages import PageWanted


def test_a_guided_session_is_its_persons_alone(person: Caller, database: Database):
    number = person.sessions()[0]["id"]

    def seen_by(account_id: int) -> int:
        return database.reading(
            lambda session: guided_session_visible_to(session, account_id, number).id
        )

    assert seen_by(CLIENT) == number
    for account_id in (OTHER_CLIENT, THERAPIST):
        with pytest.raises(GuidedSessionNotFound):
            seen_by(account_id)


def test_a_conversation_and_its_messages_are_seen_by_its_two_sides_only(
    in_care: tuple[Caller, Caller], database: Database
):
    message = in_care[0].write(THERAPIST).json
    number = message["conversation_id"]

    def listed(account_id: int) -> list[int]:
        page = database.reading(
            lambda session: conversations_visible_to(session, account_id, PageWanted())
        )
        return [row.id for row in page.items]

    def seen(account_id: int) -> int:
        return database.reading(
            lambda session: conversation_visible_to(session, account_id, number).id
        )

    def read(account_id: int) -> int:
        return database.reading(
            lambda session: message_visible_to(session, account_id, message["id"]).id
        )

    for account_id in (CLIENT, THERAPIST):
        assert listed(account_id) == [number]
        assert (seen(account_id), read(account_id)) == (number, message["id"])
    for account_id in (OTHER_CLIENT, OTHER_THERAPIST):
        assert listed(account_id) == []
        with pytest.raises(ConversationNotFound):
            seen(account_id)
        with pytest.raises(MessageNotFound):
            read(account_id)
