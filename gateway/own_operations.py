"""What the gateway answers itself of the clean API, described as the services describe theirs."""

from typing import Any, Final

_REFUSED: Final = {
    "description": "Refused; a problem document (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "code", "request_id"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string", "description": "the status's phrase"},
                    "status": {"type": "integer", "description": "the HTTP status"},
                    "detail": {"type": "string", "description": "a sentence that may be shown"},
                    "code": {"type": "string", "description": "stable snake_case code"},
                    "request_id": {"type": "string", "description": "quote this asking for help"},
                },
            }
        }
    },
}
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
        "default": _REFUSED,
    },
}
_TICKETS: Final = {
    "operationId": "create_stream_ticket",
    "summary": "Give a ticket that opens one live stream within a minute.",
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
        "default": _REFUSED,
    },
}
DESCRIPTION: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Hearth gateway", "version": "1"},
    "paths": {
        "/api/v1/stream": {"get": _STREAM},
        "/api/v1/stream-tickets": {"post": _TICKETS},
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "tags": [{"name": _TAG, "description": "Hearing at once that something happened."}],
}
