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


def test_a_guided_session_is_its_persons_alone(person: Caller, database: Database):
    number = person.sessions()[0]["id"]
    found = database.reading(lambda session: guided_session_visible_to(session, CLIENT, number))
    assert (found.id, found.account_id) == (number, CLIENT)
    for account_id in (OTHER_CLIENT, THERAPIST):
        with pytest.raises(GuidedSessionNotFound):
            database.reading(
                lambda session, account_id=account_id: guided_session_visible_to(
                    session, account_id, number
                )
            )


def test_a_conversation_and_its_messages_are_seen_by_its_two_sides_only(
    in_care: tuple[Caller, Caller], database: Database
):
    message = in_care[0].write(THERAPIST).json
    conversation_id = message["conversation_id"]

    def seen_by(account_id: int) -> tuple[int, int, list[int]]:
        def read(session) -> tuple[int, int, list[int]]:
            listed = [each.id for each in conversations_visible_to(session, account_id)]
            conversation = conversation_visible_to(session, account_id, conversation_id)
            return (
                conversation.id,
                message_visible_to(session, account_id, message["id"]).id,
                listed,
            )

        return database.reading(read)

    for account_id in (CLIENT, THERAPIST):
        assert seen_by(account_id) == (conversation_id, message["id"], [conversation_id])
    for account_id in (OTHER_CLIENT, OTHER_THERAPIST):
        with pytest.raises(ConversationNotFound):
            seen_by(account_id)
        with pytest.raises(MessageNotFound):
            database.reading(
                lambda session, account_id=account_id: message_visible_to(
                    session, account_id, message["id"]
                )
            )
        assert (
            database.reading(
                lambda session, account_id=account_id: conversations_visible_to(session, account_id)
            )
            == []
        )
