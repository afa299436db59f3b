"""What the gateway answers itself of the clean API, described as the services describe theirs."""

from collections.abc import Sequence
from typing import Final

from gateway.errors import WORDINGS, Fault
from shared.problems import (
    ANYTHING_ELSE,
    HEADERS,
    PROBLEM,
    PROBLEM_SCHEMA,
    Document,
    Problem,
    response_of,
)

_REFUSALS: Final = (
    Fault.NO_TOKEN,
    Fault.BAD_TOKEN,
    Fault.TOKEN_EXPIRED,
    Fault.ACCOUNT_INACTIVE,
    Fault.PASSWORD_CHANGE_REQUIRED,
    Fault.SECOND_FACTOR_SETUP_REQUIRED,
    Fault.TOO_MANY_REQUESTS,
    Fault.UNAVAILABLE,
)


def _refused(faults: Sequence[Fault]) -> Document:
    by_status: dict[int, list[Problem]] = {}
    for fault in faults:
        wording = WORDINGS[fault]
        kind = Problem(code=fault.value, status=wording.status, sentence=wording.title)
        by_status.setdefault(wording.status, []).append(kind)
    told = {str(status): response_of(by_status[status]) for status in sorted(by_status)}
    return {**told, "default": ANYTHING_ELSE}


_TAG: Final = "live"
_STREAM: Final = {
    "operationId": "read_stream",
    "summary": "Hear at once that something happened: server-sent events with ids, never content.",
    "description": (
        "Events: `message` (conversation_id, message_id), `notification` (notification_id),"
        " `unread` (conversation_id, or nothing for notifications), `appointment` (appointment_id,"
        " previous_appointment_id after a move), `guided-session` (guided_session_id) and `resync`:"
        " nobody knows what passed, so read everything again. A hint may come twice. Browsers'"
        " EventSource, which can send no header, gives a ticket instead. At most five streams of"
        " one account; a stream ends with its token or its login session."
    ),
    "tags": [_TAG],
    "security": [{"token": []}, {}],
    "parameters": [
        {
            "name": "ticket",
            "in": "query",
            "required": False,
            "description": "in place of a token: what `POST /api/v1/stream-tickets` gave",
            "schema": {"type": "string"},
        },
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "the last `id` that was read; what came since is told, for five minutes",
            "schema": {"type": "string"},
        },
    ],
    "responses": {
        "200": {
            "description": "An endless answer; `heartbeat` every 15 seconds says that it lives.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **_refused(_REFUSALS),
    },
}
_TICKETS: Final = {
    "operationId": "create_stream_ticket",
    "summary": "Give a ticket that opens one live stream within a minute.",
    "description": (
        "For browsers' EventSource, which can send no header: the ticket stands in the stream's"
        " query, serves once, and ends with its login session."
    ),
    "tags": [_TAG],
    "security": [{"token": []}],
    "responses": {
        "201": {
            "description": "Created",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["ticket", "expires_at"],
                        "properties": {
                            "ticket": {"type": "string"},
                            "expires_at": {"type": "string", "format": "date-time"},
                        },
                    }
                }
            },
        },
        **_refused(_REFUSALS),
    },
}
DESCRIPTION: Final[Document] = {
    "openapi": "3.1.0",
    "info": {"title": "Hearth gateway", "version": "1"},
    "paths": {
        "/api/v1/stream": {"get": _STREAM},
        "/api/v1/stream-tickets": {"post": _TICKETS},
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {PROBLEM: PROBLEM_SCHEMA},
        "headers": dict(HEADERS),
    },
    "tags": [{"name": _TAG, "description": "Hearing at once that something happened."}],
}
