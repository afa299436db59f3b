"""`/api/v1/conversations`: what client and therapist wrote to each other."""

from dataclasses import asdict
from http import HTTPStatus

from flask import Response

from chat_service.api.care_relations import partners_of
from chat_service.api.schemas.conversations import (
    ConversationSchema,
    ConversationsWantedSchema,
    MarkReadSchema,
    ReadMarkSchema,
)
from chat_service.api.schemas.messages import (
    MessagePageSchema,
    MessageSchema,
    MessagesWantedSchema,
)
from chat_service.domain.conversations import (
    MarkRead,
    ReadMarkView,
    list_conversations,
    mark_read,
)
from chat_service.domain.messages import read_messages
from chat_service.errors import ConversationNotFound, MessageNotFound
from chat_service.parts import parts
from shared.access_tokens import Identity
from shared.data_keys import TextUnreadable
from shared.http.blueprint import Blueprint, dumped, path_identifier, with_identity
from shared.http.context import database
from shared.http.declared import refuses
from shared.http.pagination import page_schema, paged
from shared.pages import PageWanted

ONE = "/" + path_identifier("conversation_id")

blueprint = Blueprint(
    "conversations",
    __name__,
    url_prefix="/api/v1/conversations",
    description="What a client and a therapist write to each other; only the two read it.",
)


@blueprint.get("")
@with_identity
@blueprint.arguments(ConversationsWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, page_schema(ConversationSchema))
def list_own_conversations(wanted: PageWanted, identity: Identity) -> Response:
    """List one's conversations, the latest message first."""
    account_id = identity.account_id
    page = database().reading(lambda session: list_conversations(session, account_id, wanted))
    partners = partners_of(identity) if page.items else frozenset()
    items = [
        {**asdict(view), "is_open": bool(partners & {view.client_id, view.practitioner_id})}
        for view in page.items
    ]
    return paged([dumped(ConversationSchema, each) for each in items], page)


@blueprint.get(f"{ONE}/messages")
@with_identity
@blueprint.arguments(MessagesWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, MessagePageSchema)
@refuses(ConversationNotFound, TextUnreadable)
def list_messages(wanted: PageWanted, conversation_id: int, identity: Identity) -> Response:
    """Read the newest messages, or the page before; oldest first within a page. Marks nothing as
    read.
    """
    page = database().reading(
        lambda session: read_messages(
            session, conversation_id, wanted, parts().masters, account_id=identity.account_id
        )
    )
    return paged([dumped(MessageSchema, each) for each in page.items], page)


@blueprint.put(f"{ONE}/read-mark")
@with_identity
@blueprint.arguments(MarkReadSchema)
@blueprint.response(HTTPStatus.OK, ReadMarkSchema)
@refuses(ConversationNotFound, MessageNotFound)
def put_read_mark(command: MarkRead, conversation_id: int, identity: Identity) -> ReadMarkView:
    """Note that everything up to a message was read."""
    return database().writing(
        lambda session: mark_read(session, conversation_id, command, account_id=identity.account_id)
    )
