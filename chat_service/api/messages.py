"""`/api/v1/messages`: writing to one's therapist or client."""

from http import HTTPStatus

from flask import Response

from chat_service.api.care_relations import may_write
from chat_service.api.schemas.messages import MessageSchema, SendMessageSchema
from chat_service.domain.audit_entries import Act
from chat_service.domain.messages import (
    MESSAGES_A_MINUTE,
    Pair,
    SendMessage,
    delete_message,
    read_message,
    send_message,
    was_sent_before,
)
from chat_service.errors import ClientMessageIdReused, MessageNotFound, NotInCare, NotYourMessage
from chat_service.parts import parts
from shared.access_tokens import Identity
from shared.data_keys import TextUnreadable
from shared.http.auditing import audited_own
from shared.http.blueprint import Blueprint, dumped, path_identifier, with_identity
from shared.http.context import chassis, clock, database
from shared.http.declared import refuses
from shared.http.idempotency import Refound, honours_idempotency_key, writing_once

blueprint = Blueprint(
    "messages",
    __name__,
    url_prefix="/api/v1/messages",
    description="Writing between a client and their therapist.",
)


@blueprint.post("")
@with_identity
@blueprint.arguments(SendMessageSchema)
@blueprint.response(HTTPStatus.CREATED, MessageSchema)
@honours_idempotency_key
@refuses(NotInCare, ClientMessageIdReused, TextUnreadable)
def create_message(command: SendMessage, identity: Identity) -> Response:
    """Write to one's current therapist, or as a therapist to a client."""
    pair = Pair.of(identity.account_id, identity.role, command.recipient_id)
    if not _was_sent_before(command, pair) and not may_write(pair):
        raise NotInCare
    limit = max(1, int(MESSAGES_A_MINUTE * chassis().settings.rate_limit_scale))
    return writing_once(
        lambda session: send_message(
            session,
            command,
            pair,
            parts().masters,
            messages_a_minute=limit,
            clock=clock(),
        ),
        lambda view: dumped(MessageSchema, view),
        status=HTTPStatus.CREATED,
        refound=Refound(
            reference=lambda view: view.id,
            find=lambda session, message_id: read_message(
                session, message_id, parts().masters, account_id=identity.account_id
            ),
        ),
    )


@blueprint.delete("/" + path_identifier("message_id"))
@with_identity
@blueprint.response(HTTPStatus.NO_CONTENT)
@refuses(MessageNotFound, NotYourMessage)
def delete_own_message(message_id: int, identity: Identity) -> None:
    """Take the words of one's own message away; a tombstone stays."""
    now = clock().now()
    database().writing(
        audited_own(
            lambda session: delete_message(
                session, message_id, account_id=identity.account_id, now=now
            ),
            Act.MESSAGE_DELETED,
            identity,
        )
    )


def _was_sent_before(command: SendMessage, pair: Pair) -> bool:
    """Look for a repeated request, whose answer stands even when the care relation does not."""
    if command.client_message_id is None:
        return False
    return database().reading(lambda session: was_sent_before(session, command, pair))
