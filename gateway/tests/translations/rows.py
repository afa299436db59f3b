"""Calling a row's pure pair as the gateway's core does, with values that only say what matters."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.exchange import (
    FieldRefused,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceResponse,
    Surroundings,
)
from gateway.translations import TRANSLATIONS
from shared.access_tokens import Identity

SURROUNDINGS = Surroundings(
    now=datetime(2026, 7, 1, 10, 0, tzinfo=UTC),
    service_time_zone=ZoneInfo("Europe/Budapest"),
    public_url="https://hearth.example/",
)
REQUEST = LegacyRequest(method="POST", path="/")


def identity_of(account_id: int, role: str = "client") -> Identity:
    return Identity(
        account_id=account_id,
        role=role,
        login_session_id="s-1",
        is_verified=True,
        expires_at=2_000_000_000,
        key_id="k-1",
    )


def request_with(fields: Any = None, **more) -> LegacyRequest:
    return replace(REQUEST, fields=fields or {}, **more)


def sent(row: str, fields: Any = None, **more) -> Any:
    return TRANSLATIONS[row].to_service(request_with(fields, **more), SURROUNDINGS)


def refused(row: str, fields: Any = None, **more) -> Any:
    try:
        made = sent(row, fields, **more)
    except FieldRefused as refusal:
        return refusal.answer
    raise AssertionError(f"{row} accepted the request: {made.method} {made.path}")


def answered(
    row: str,
    response: ServiceResponse,
    fields: Any = None,
    **more,
) -> Any:
    return TRANSLATIONS[row].to_legacy(response, request_with(fields, **more), SURROUNDINGS)


def done(json: JsonValue = None, status: int = 200, **more) -> ServiceResponse:
    return ServiceResponse(status=status, json=json, **more)


def problem(status: int, code: str, **details) -> ServiceResponse:
    return ServiceResponse(
        status=status,
        json={"type": f"/problems/{code}", "status": status, "code": code, **details},
        media_type="application/problem+json",
    )


def shown(answer: LegacyAnswer) -> tuple[int, Any]:
    return answer.status, answer.json
