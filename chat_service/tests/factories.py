"""Valid people, sessions and messages for the tests; siblings that answer as they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from chat_service.domain.people import ProfileAnswer
from chat_service.listeners import HANDLERS
from shared.clock import Clock
from shared.database import Database
from shared.errors import Unavailable
from shared.events.envelope import Envelope, new_event_id
from shared.testing.hearing import hear as come_in
from shared.testing.tokens import TokenMaker

CLIENT, THERAPIST, OTHER_THERAPIST, OTHER_CLIENT = 17, 42, 43, 18


@dataclass
class KnownProfiles:
    """profile_service as told: one answer for everybody, or down."""

    locale: str | None = "en"
    premium_since: datetime | None = None
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def own_profile(self, token: str) -> ProfileAnswer:
        self.asked.append(token)
        if self.is_down:
            raise Unavailable
        return ProfileAnswer(locale=self.locale, premium_since=self.premium_since)

    def own_membership(self, token: str) -> ProfileAnswer:
        return replace(self.own_profile(token), locale=None)


@dataclass
class KnownCareRelations:
    """booking_service as told: who is in care with whom, or down."""

    pairs: set[tuple[int, int]] = field(default_factory=set)
    is_down: bool = False
    asked: int = 0

    def is_in_care(self, client_id: int, practitioner_id: int) -> bool:
        self.asked += 1
        if self.is_down:
            raise Unavailable
        return (client_id, practitioner_id) in self.pairs

    def partners_of(self, account_id: int, *, is_client: bool) -> frozenset[int]:
        if self.is_down:
            raise Unavailable
        here, there = (0, 1) if is_client else (1, 0)
        return frozenset(pair[there] for pair in self.pairs if pair[here] == account_id)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came back; `json` is None when the body is empty."""

    status_code: int
    json: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody with a token."""

    client: FlaskClient
    maker: TokenMaker
    account_id: int = CLIENT
    role: str = "client"

    def call(
        self, method: str, path: str, json: object = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Send one request as this person."""
        sent = {**self.maker.headers(self.account_id, self.role), **(headers or {})}
        more: dict[str, Any] = {} if json is None else {"json": json}
        answer = self.client.open(path, method=method, headers=sent, **more)
        return Answered(
            status_code=answer.status_code,
            json=answer.get_json(silent=True),
            headers=dict(answer.headers),
        )

    def beside(self, account_id: int, role: str = "client") -> "Caller":
        """Give another person with a client of their own, so that both can call at once."""
        return Caller(
            client=self.client.application.test_client(),
            maker=self.maker,
            account_id=account_id,
            role=role,
        )

    def sessions(self) -> list[dict[str, Any]]:
        """List the guided sessions."""
        answer = self.call("GET", "/api/v1/guided-sessions")
        assert answer.status_code == 200, answer.json
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    def start(self, session_id: int) -> Answered:
        return self.call("POST", f"/api/v1/guided-sessions/{session_id}/start")

    def answer(
        self,
        session_id: int,
        text: object = "Я думаю об этом.",
        *,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> Answered:
        path = f"/api/v1/guided-sessions/{session_id}/answers"
        return self.call("POST", path, {"text": text, **more}, headers)

    def transcript(self, session_id: int) -> Answered:
        return self.call("GET", f"/api/v1/guided-sessions/{session_id}/transcript")

    def write(self, recipient_id: int, text: object = "Hello", **more: object) -> Answered:
        body = {"recipient_id": recipient_id, "text": text, **more}
        return self.call("POST", "/api/v1/messages", body)

    def messages(self, conversation_id: int, query: str = "") -> Answered:
        return self.call("GET", f"/api/v1/conversations/{conversation_id}/messages{query}")

    def mark_read(self, conversation_id: int, message_id: object) -> Answered:
        path = f"/api/v1/conversations/{conversation_id}/read-mark"
        return self.call("PUT", path, {"message_id": message_id})

    def conversations(self) -> list[dict[str, Any]]:
        answer = self.call("GET", "/api/v1/conversations")
        assert answer.status_code == 200, answer.json
        items: list[dict[str, Any]] = answer.json["items"]
        return items


def event(
    event_type: str, data: Mapping[str, Any], *, subject: str = "account/17", sequence: int = 1
) -> Envelope:
    """Make an event of another service."""
    return Envelope(
        id=new_event_id(),
        type=event_type,
        source="/hearth/" + event_type.partition(".")[0] + "_service",
        subject=subject,
        sequence=sequence,
        time=datetime(2026, 7, 6, 8, tzinfo=UTC),
        correlation_id=None,
        data=data,
    )


def care_event(kind: str, *, sequence: int, practitioner_id: int = THERAPIST) -> Envelope:
    """Make booking's `started` or `ended` of the usual client."""
    return event(
        f"booking.care_relation.{kind}.v1",
        {"client_id": CLIENT, "practitioner_id": practitioner_id},
        subject=f"client/{CLIENT}",
        sequence=sequence,
    )


def hear(database: Database, clock: Clock, *envelopes: Envelope) -> list[str]:
    """Receive and handle events; give the states the inbox left them in."""
    return come_in(database, clock, HANDLERS, *envelopes)
