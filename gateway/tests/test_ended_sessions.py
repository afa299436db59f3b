"""A login session that has ended is refused on the very next request, whatever happens to the store
or to auth_service.
"""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from flask import Flask

from gateway.app import parts_of
from gateway.tests.conftest import GatewayFactory
from gateway.tests.stub_services import Reply, StubService, problem
from shared.clock import SystemClock
from shared.http.ended_sessions import RedisEndedSessions, ended_sessions_at
from shared.testing.tokens import INTERNAL_KEY, TokenMaker

Services = dict[str, StubService]
LIST = ("GET", "/internal/v1/ended-login-sessions")


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def is_accepted(gateway: Flask, token: str) -> bool:
    """Ask all four dialects; they must agree."""
    client = gateway.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {token}"}
    answers = {
        client.get("/users/notifications_count", headers=bearer).status_code != 401,
        client.get("/protected", headers=bearer).status_code != 401,
        client.post("/client_lk", json={"session": token}).get_json().get("error")
        not in ("Invalid token", "Invalid session"),
        client.get("/api/v1/notifications", headers=bearer).status_code != 401,
    }
    assert len(answers) == 1
    return answers.pop()


def test_a_session_ended_by_auth_is_refused_on_the_next_request(
    gateway: Flask, environment: dict[str, str], token_maker: TokenMaker
) -> None:
    token = token_maker.token(session_id="s1")
    assert is_accepted(gateway, token)
    of_auth = ended_sessions_at(None, Path(environment["DATA_DIR"]), SystemClock())
    of_auth.end("s1", int(time.time()) + 3600)
    assert not is_accepted(gateway, token)
    assert is_accepted(gateway, token_maker.token(session_id="s2"))


@pytest.mark.parametrize("is_text", [True, False])
def test_a_starting_gateway_loads_auths_list(
    is_text: bool,
    make_gateway: GatewayFactory,
    services: Services,
    token_maker: TokenMaker,
) -> None:
    expires_at = in_an_hour() if is_text else int(time.time()) + 3600
    services["auth"].reply(*LIST, Reply(json={"items": [{"sid": "s1", "expires_at": expires_at}]}))
    gateway = make_gateway()
    assert services["auth"].asked[0].headers["x-internal-key"] == INTERNAL_KEY
    assert not is_accepted(gateway, token_maker.token(session_id="s1"))
    assert is_accepted(gateway, token_maker.token(session_id="s2"))


@pytest.mark.parametrize(
    "reply",
    [
        problem(401, "not_authenticated"),
        problem(503, "unavailable"),
        Reply(content=b"nonsense"),
        Reply(json={"things": []}),
        Reply(json={"items": [{"sid": "x"}]}),
        Reply(json={"items": [{"sid": "x", "expires_at": None}]}),
        Reply(json={"items": [{"sid": "x", "expires_at": "soon"}]}),
        Reply(json=[]),
    ],
)
def test_without_auths_list_nothing_is_ready_and_nobody_gets_in(
    reply: Reply, make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply(*LIST, reply)
    gateway = make_gateway(is_loaded=False)
    assert not parts_of(gateway).keeper.load_once()
    client = gateway.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/api/v1/stages", headers=token_maker.headers()).status_code == 503


def test_the_keeper_loads_in_the_background_and_again_when_the_file_is_gone(
    make_gateway: GatewayFactory,
    services: Services,
    environment: dict[str, str],
    token_maker: TokenMaker,
) -> None:
    services["auth"].reply(*LIST, problem(503, "unavailable"))
    gateway = make_gateway(is_loaded=False)
    keeper = parts_of(gateway).keeper
    keeper.start()
    keeper.start()
    assert eventually(lambda: len(services["auth"].asked) >= 2)
    assert not keeper.has_loaded
    services["auth"].reply(
        *LIST, Reply(json={"items": [{"sid": "s1", "expires_at": in_an_hour()}]})
    )
    assert eventually(lambda: keeper.has_loaded)
    for path in Path(environment["DATA_DIR"]).glob("ended_sessions.sqlite3*"):
        path.unlink()
    assert gateway.test_client().get("/protected").status_code == 401
    assert eventually(lambda: keeper.has_loaded)
    assert not is_accepted(gateway, token_maker.token(session_id="s1"))


def test_an_emptied_redis_is_noticed_and_opens_no_door(
    make_gateway: GatewayFactory,
    services: Services,
    redis_server: str,
    token_maker: TokenMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prefix = f"hearth-test-{uuid.uuid4().hex}"
    monkeypatch.setattr(
        "gateway.app.ended_sessions_at",
        lambda url, _folder, clock: RedisEndedSessions(url, clock, prefix=prefix),
    )
    services["auth"].reply(
        *LIST, Reply(json={"items": [{"sid": "s1", "expires_at": in_an_hour()}]})
    )
    gateway = make_gateway(REDIS_URL=redis_server)
    token = token_maker.token(session_id="s1")
    assert not is_accepted(gateway, token)
    with redis.Redis.from_url(redis_server) as server:
        for key in server.scan_iter(f"{prefix}*"):
            server.delete(key)
        answer = gateway.test_client().get(
            "/protected", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 503
        assert parts_of(gateway).keeper.load_once()
        assert not is_accepted(gateway, token)
        for key in server.scan_iter(f"{prefix}*"):
            server.delete(key)
    parts_of(gateway).keeper._store._redis.close()  # type: ignore[attr-defined]
    parts_of(gateway).limits.close()


def test_why_a_session_ended_stays_unsaid_when_auth_does_not_answer(
    make_gateway: GatewayFactory, token_maker: TokenMaker
) -> None:
    gateway = make_gateway(AUTH_URL="http://127.0.0.1:9", is_loaded=False)
    store = parts_of(gateway).keeper._store
    store.load([("s1", int(time.time()) + 3600)])
    answer = gateway.test_client().get(
        "/users/my_profile", headers=token_maker.headers(session_id="s1")
    )
    assert answer.get_json() == {"detail": "Invalid token"}


@pytest.mark.parametrize("reply", [Reply(content=b"x"), Reply(json=[]), problem(500, "x")])
def test_a_strange_word_about_the_account_changes_nothing(
    reply: Reply, gateway: Flask, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply("GET", "/internal/v1/accounts/1", reply)
    parts_of(gateway).keeper._store.end("s1", int(time.time()) + 3600)
    answer = gateway.test_client().get(
        "/users/my_profile", headers=token_maker.headers(session_id="s1")
    )
    assert answer.get_json() == {"detail": "Invalid token"}


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
    return False
