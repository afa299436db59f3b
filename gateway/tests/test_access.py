"""The services' tables of who may do what (`access.yaml`), as far as the gateway decides them: who
shows a bad token gets no further, that of an ended login session included; who shows none arrives
as nobody, for the service to refuse; and what is internal does not exist outside, whatever key is
shown.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.tests.driving import parts_of
from gateway.tests.stub_services import Asked, Reply, StubService
from shared.settings import SERVICES
from shared.testing.access_matrix import Row, read_table
from shared.testing.tokens import INTERNAL_KEY, TokenMaker

Services = dict[str, StubService]
ROOT = Path(__file__).parents[2]
ENDED, FAR = "an-ended-login-session", 4_000_000_000
OWN_QUESTIONS = (
    "/internal/v1/ended-login-sessions",
    "/internal/v1/accounts/1",  # why a login session has ended
    "/.well-known/jwks.json",
)
BODY = {"POST", "PUT", "PATCH"}


def rows_of(service: str) -> list[Row]:
    """Give one row of each operation."""
    table = read_table(ROOT / f"{service}_service" / "tests" / "contracts" / "access.yaml")
    return list({row.operation: row for row in table if not row.has_key}.values())


def headers_of(maker: TokenMaker) -> dict[str, dict[str, str]]:
    """Give what those show who are nobody; `ended` is in no service's table."""
    key = {"X-Internal-Key": INTERNAL_KEY}
    return {
        "none": {},
        "expired": maker.headers(exp=1_000_000_000),
        "ended": maker.headers(session_id=ENDED, exp=FAR),
        "key": key,
        "wrongkey": {"X-Internal-Key": "x" * 40},
        "ended and key": {**key, **maker.headers(session_id=ENDED, exp=FAR)},
    }


def called(client: FlaskClient, row: Row, headers: dict[str, str]) -> int:
    method, _, path = row.operation.partition(" ")
    body: dict[str, Any] = {"json": {}} if method in BODY else {}
    path = re.sub(r"\{[a-z_]+\}", "1", path)
    return client.open(path, method=method, headers=headers, **body).status_code


def clean_rows_of(service: str) -> list[Row]:
    return [row for row in rows_of(service) if " /internal/" not in row.operation]


def asked(services: Services) -> list[Asked]:
    """Give what the services were asked since the last time."""
    found = []
    for stub in services.values():
        found += [each for each in stub.asked if each.path not in OWN_QUESTIONS]
        stub.asked.clear()
    return found


@pytest.fixture
def one_ended(gateway: Flask, services: Services) -> None:
    """End a login session, as auth_service does before it answers a logout."""
    parts_of(gateway).keeper._store.end(ENDED, FAR)
    running = Reply(json={"is_locked": False})
    services["auth"].reply("GET", "/internal/v1/accounts/1", running)


@pytest.mark.usefixtures("one_ended")
@pytest.mark.parametrize("service", SERVICES)
def test_nobody_gets_further_as_somebody(
    service: str, client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    told = []
    for row in clean_rows_of(service):
        for actor, headers in headers_of(token_maker).items():
            # an ended token is no better than an expired one
            is_refused = "Authorization" in headers and row.expected["expired"] == "401"
            status, arrived = called(client, row, headers), asked(services)
            if is_refused and (status != 401 or arrived):
                told.append(f"{row.operation}, {actor}: {status}, {arrived}")
            if any({"authorization", "x-internal-key"} & each.headers.keys() for each in arrived):
                told.append(f"{row.operation}, {actor}: arrives as somebody")
    assert told == []


@pytest.mark.usefixtures("one_ended")
@pytest.mark.parametrize("service", SERVICES)
def test_what_is_internal_does_not_exist_outside(
    service: str, client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    key = {"X-Internal-Key": INTERNAL_KEY}
    shown = {
        **headers_of(token_maker),
        "admin": token_maker.headers(role="admin"),
        "admin and key": {**key, **token_maker.headers(role="admin")},
    }
    told = []
    for row in rows_of(service):
        if " /internal/" not in row.operation:
            continue
        for actor, headers in shown.items():
            status, arrived = called(client, row, headers), asked(services)
            if status != 404 or arrived:
                told.append(f"{row.operation}, {actor}: {status}, {arrived}")
    assert told == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_good_token_arrives_and_a_key_from_outside_never(
    service: str, client: FlaskClient, services: Services, token_maker: TokenMaker
) -> None:
    """The control: what is refused above arrives with a good token."""
    headers = {"X-Internal-Key": INTERNAL_KEY, **token_maker.headers()}
    for row in clean_rows_of(service):
        if row.operation.endswith("/jwks.json"):
            continue
        assert called(client, row, headers) == 200, row.operation
        (arrived,) = asked(services)
        assert "x-internal-key" not in arrived.headers
        is_open = row.expected["expired"] == "ok"
        assert ("authorization" in arrived.headers) != is_open, row.operation
