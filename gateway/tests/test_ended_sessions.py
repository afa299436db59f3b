"""A login session that has ended is refused on the very next request, whatever happens to the store
or to auth_service.
"""

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import redis
from flask import Flask
from structlog.testing import capture_logs

from gateway.ended_sessions import EndedSessionsKeeper, ListUnreadable, ended_sessions_of
from gateway.tests.conftest import GatewayFactory
from gateway.tests.driving import parts_of
from gateway.tests.stub_services import Asked, Reply, StubService, problem
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


class PagingAuth:
    """Gives its ended login sessions two at a time, whatever limit is asked for."""

    def __init__(self, stub: StubService, session_ids: list[str]) -> None:
        self.session_ids = session_ids
        self.unanswered_after: str | None = None
        self.afters: list[str] = []
        stub.replies.pop(LIST)
        stub.script = self._answer

    def _answer(self, asked: Asked) -> Reply:
        query = dict(parse_qsl(asked.target.partition("?")[2]))
        assert int(query["limit"]) > 0
        after = query.get("after", "")
        self.afters.append(after)
        if after == self.unanswered_after:
            return problem(503, "unavailable")
        page = [each for each in sorted(self.session_ids) if each > after][:2]
        items = [{"sid": each, "expires_at": in_an_hour()} for each in page]
        return Reply(json={"items": items, "next": page[-1] if len(page) == 2 else None})


def test_a_long_list_is_loaded_page_by_page(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    auth = PagingAuth(services["auth"], ["s1", "s2", "s3", "s4", "s5"])
    gateway = make_gateway()
    assert auth.afters == ["", "s2", "s4"]
    for number in range(1, 6):
        assert not is_accepted(gateway, token_maker.token(session_id=f"s{number}"))
    assert is_accepted(gateway, token_maker.token(session_id="s6"))


def test_half_a_list_opens_no_door(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    auth = PagingAuth(services["auth"], ["s1", "s2", "s3", "s4", "s5"])
    auth.unanswered_after = "s4"
    gateway = make_gateway(is_loaded=False)
    keeper = parts_of(gateway).keeper
    assert not keeper.load_once()
    client = gateway.test_client()
    assert client.get("/protected", headers=token_maker.headers(session_id="s9")).status_code == 503
    auth.unanswered_after = None
    assert keeper.load_once()
    assert is_accepted(gateway, token_maker.token(session_id="s9"))


@pytest.mark.parametrize("following", ["", "s1", 5, ["s2"]])
def test_a_list_that_leads_back_or_nowhere_is_none(
    following: object, make_gateway: GatewayFactory, services: Services
) -> None:
    body = {"items": [{"sid": "s1", "expires_at": in_an_hour()}], "next": following}
    services["auth"].reply(*LIST, Reply(json=body))
    gateway = make_gateway(is_loaded=False)
    assert not parts_of(gateway).keeper.load_once()


def test_a_store_that_lost_its_last_moments_heals(
    make_gateway: GatewayFactory,
    services: Services,
    environment: dict[str, str],
    token_maker: TokenMaker,
) -> None:
    """The marker is still there: nothing but loading again can tell."""
    services["auth"].reply(
        *LIST, Reply(json={"items": [{"sid": "s1", "expires_at": in_an_hour()}]})
    )
    gateway = make_gateway()
    parts = parts_of(gateway)
    path = Path(environment["DATA_DIR"]) / "ended_sessions.sqlite3"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as lost:
        lost.execute("DELETE FROM ended_sessions")
    assert is_accepted(gateway, token_maker.token(session_id="s1"))
    fetch = ended_sessions_of(parts.upstreams["auth"], INTERNAL_KEY)
    keeper = EndedSessionsKeeper(parts.keeper._store, fetch, reload_seconds=0)
    keeper.start()
    assert eventually(lambda: parts.keeper._store.has_ended("s1"))
    keeper.stop()
    assert not is_accepted(gateway, token_maker.token(session_id="s1"))


def _unanswered() -> Iterator[list[tuple[str, int]]]:
    raise ListUnreadable


def test_auth_not_being_there_yet_is_no_news_until_it_lasts(gateway: Flask) -> None:
    store = parts_of(gateway).keeper._store

    def told(quiet_seconds: float) -> list[str]:
        keeper = EndedSessionsKeeper(store, _unanswered, quiet_seconds=quiet_seconds)
        with capture_logs() as lines:
            for _ in range(10):
                assert not keeper.load_once()
        return [line["log_level"] for line in lines if line["log_level"] != "debug"]

    assert told(quiet_seconds=600) == []
    assert told(quiet_seconds=0) == ["warning"], "and that not twice a second"


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
    parts_of(gateway).admission._limits.close()


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


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
    return False
