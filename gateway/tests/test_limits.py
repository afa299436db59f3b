"""How often one caller may ask, counted in memory or in Redis, also when Redis is gone."""

import io
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway import limits as limits_module
from gateway.bodies import LARGE_BODIES_AT_ONCE
from gateway.errors import Refused
from gateway.limit_memory import SteadyMemory
from gateway.limits import (
    AT_ONCE,
    GENERAL,
    NUMBERS,
    REFUSED_REGISTRATION,
    Limits,
    Outcome,
    Room,
)
from gateway.routes import Limit
from gateway.tests.conftest import GatewayFactory, body_of
from gateway.tests.driving import parts_of
from gateway.tests.stub_services import Asked, Reply, StubService, problem
from gateway.upstreams import Patience
from shared.testing.tokens import TokenMaker

Services = dict[str, StubService]


def test_the_numbers_are_the_ones_decided() -> None:
    assert NUMBERS[GENERAL] == (600, 1)
    assert NUMBERS[Limit.LOGIN] == (200, 5)
    assert NUMBERS[Limit.REGISTRATION] == (30, 60)
    assert NUMBERS[REFUSED_REGISTRATION] == (120, 60)
    assert NUMBERS[Limit.CODE_MAIL] == (60, 60)
    assert NUMBERS[Limit.MESSAGE] == (30, 1)
    assert NUMBERS[Limit.PICTURE] == (10, 1)
    assert NUMBERS[Limit.CARD] == (5, 60)
    assert NUMBERS[Limit.COSTLY_READ] == (30, 1)
    slow = (Limit.LOGIN, Limit.REGISTRATION, Limit.CODE_MAIL, Limit.CODE_GUESS, Limit.COSTLY_READ)
    assert dict.fromkeys(slow, 4) == AT_ONCE


@pytest.fixture(params=["memory", "redis"])
def make_limits(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[float], Limits]]:
    """Make limits in memory, and on a real Redis under a prefix of this test's own."""
    if request.param == "memory":
        yield lambda scale: Limits(scale)
        return
    url = request.getfixturevalue("redis_server")
    prefix = f"hearth-test-{uuid.uuid4().hex}"
    monkeypatch.setattr(limits_module, "REDIS_PREFIX", prefix)
    made: list[Limits] = []

    def make(scale: float) -> Limits:
        made.append(Limits(scale, url))
        return made[-1]

    yield make
    with redis.Redis.from_url(url) as server:
        for key in server.scan_iter(f"{prefix}*"):
            server.delete(key)
    for each in made:
        each.close()


def refusals(limits: Limits, name: str, key: str, times: int) -> list[int]:
    """Count `times` calls; give the delays of the refused ones."""
    rooms = [limits.count(name, key) for _ in range(times)]
    return [room.seconds for room in rooms if room.seconds is not None]


def test_each_limit_lets_its_number_through_and_tells_the_delay(
    make_limits: Callable[[float], Limits],
) -> None:
    limits = make_limits(1)
    for name, (count, minutes) in NUMBERS.items():
        delays = refusals(limits, name, "somebody", count + 3)
        assert len(delays) == 3, name
        assert all(1 <= delay <= minutes * 60 + 1 for delay in delays), name
        assert refusals(limits, name, "somebody else", 1) == []


def test_the_scale_multiplies_every_limit(make_limits: Callable[[float], Limits]) -> None:
    limits = make_limits(2)
    assert len(refusals(limits, Limit.REGISTRATION, "x", 62)) == 2


def test_counting_is_exact_when_many_ask_at_once(make_limits: Callable[[float], Limits]) -> None:
    limits = make_limits(1)
    with ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(lambda _: refusals(limits, Limit.PICTURE, "x", 5), range(16)))
    assert sum(len(each) for each in refused) == 16 * 5 - 10


def test_what_fails_is_counted_exactly_when_many_try_at_once(
    make_limits: Callable[[float], Limits],
) -> None:
    """Of calls under way nobody knows yet how they end: they count until then."""
    limits = make_limits(0.05)

    def attempt(_number: int) -> bool:
        try:
            limits.enter(Limit.LOGIN, "x")
        except Refused:
            return False
        limits.leave(Limit.LOGIN, "x", Outcome.WRONG)
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(100))) <= 10
    assert sum(map(attempt, range(20))) <= 10
    assert not attempt(0)


def test_a_call_that_was_anothers_is_given_back(make_limits: Callable[[float], Limits]) -> None:
    limits = make_limits(0.005)
    assert refusals(limits, GENERAL, "x", 3) == []
    limits.give_back("x")
    assert len(refusals(limits, GENERAL, "x", 3)) == 2


def test_without_redis_this_process_counts_and_nobody_gets_a_500(
    make_gateway: GatewayFactory, services: Services
) -> None:
    gateway = make_gateway(REDIS_URL="redis://127.0.0.1:9/0", RATE_LIMIT_SCALE="1", is_loaded=False)
    client = gateway.test_client()
    services["auth"].reply(
        "POST", "/api/v1/registrations", Reply(status=202, json={"email": "a@b.hu"})
    )
    answers = [client.post("/api/v1/registrations", json={}).status_code for _ in range(32)]
    assert answers == [202] * 30 + [429] * 2


def test_redis_is_asked_again_after_a_pause(
    redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "REDIS_PREFIX", f"hearth-test-{uuid.uuid4().hex}")
    monkeypatch.setattr(limits_module, "REDIS_PAUSE_SECONDS", 0.0)
    limits = Limits(1, redis_server)
    assert limits._redis is not None
    calls: list[str] = []
    real = limits._redis.counted

    def fail_once(item: object, key: str) -> Room:
        calls.append(key)
        if len(calls) == 1:
            raise redis.ConnectionError
        return real(item, key)  # type: ignore[arg-type]

    monkeypatch.setattr(limits._redis, "counted", fail_once)
    for _ in range(3):
        limits.count(Limit.LOGIN, "x")
    assert len(calls) == 3
    limits.close()


def told(answer: TestResponse) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Read what an answer says of policies and of what they leave, by name."""

    def read(header: str) -> dict[str, dict[str, int]]:
        items = [item.split(";") for item in answer.headers[header].split(", ")]
        return {
            name.strip('"'): {key: int(value) for key, value in (each.split("=") for each in more)}
            for name, *more in items
        }

    return read("RateLimit-Policy"), read("RateLimit")


@pytest.mark.parametrize("store", ["memory", "redis"])
def test_callers_of_the_clean_api_are_told_what_is_left(
    store: str,
    make_gateway: GatewayFactory,
    services: Services,
    token_maker: TokenMaker,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {"RATE_LIMIT_SCALE": "1"}
    if store == "redis":
        settings["REDIS_URL"] = request.getfixturevalue("redis_server")
        monkeypatch.setattr(limits_module, "REDIS_PREFIX", f"hearth-test-{uuid.uuid4().hex}")
    services["chat"].reply("POST", "/api/v1/messages", Reply(status=201, json={"id": 1}))
    client = make_gateway(**settings).test_client(use_cookies=False)
    headers = token_maker.headers(7, session_id=uuid.uuid4().hex)

    def send() -> TestResponse:
        return client.post("/api/v1/messages", json={}, headers=headers)

    policies, left = told(send())
    assert policies == {"general": {"q": 600, "w": 60}, "message": {"q": 30, "w": 60}}
    assert left == {"general": {"r": 599}, "message": {"r": 29}}
    for _ in range(29):
        last = send()
    assert told(last)[1] == {"general": {"r": 570}, "message": {"r": 0}}
    refused = send()
    assert refused.status_code == 429
    _, left = told(refused)
    assert left["general"] == {"r": 569}
    assert left["message"] == {"r": 0, "t": int(refused.headers["Retry-After"])}
    exposed = client.get(
        "/api/v1/accounts/me", headers={**headers, "Origin": "http://localhost:3000"}
    ).headers["Access-Control-Expose-Headers"]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed.split(", "))


def test_old_clients_and_wrong_guesses_are_told_nothing(make_gateway: GatewayFactory) -> None:
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client(use_cookies=False)
    old = client.get("/users/my_profile/")
    assert "RateLimit" not in old.headers
    guess = client.post("/api/v1/login-sessions", json={})
    assert told(guess)[0].keys() == {"general"}, "how many tries are left helps only who guesses"


LOGINS = [
    ("/users/login/", {"email": "a@example.org", "password": "p"}),
    ("/login", {"email": "a@example.org", "password": "p"}),
    ("/login", {"user_mail": "a@example.org", "password": "p"}),
    ("/api/v1/login-sessions", {"email": "a@example.org", "password": "p"}),
]


WRONG = Reply(
    status=401,
    json={"code": "invalid_credentials"},
    headers={"Content-Type": "application/problem+json"},
)


@pytest.mark.parametrize(("path", "body"), LOGINS)
def test_failed_logins_are_limited_per_network_in_every_dialect(
    path: str, body: dict[str, str], make_gateway: GatewayFactory, services: Services
) -> None:
    services["auth"].script = lambda _asked: WRONG
    client = make_gateway(RATE_LIMIT_SCALE="1", TRUSTED_PROXIES="127.0.0.1").test_client()
    headers = {"X-Forwarded-For": "203.0.113.5"}
    for _ in range(200):
        assert client.post(path, json=body, headers=headers).status_code != 429
    refused = client.post(path, json=body, headers=headers)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 301
    elsewhere = {"X-Forwarded-For": "203.0.113.6"}
    assert client.post(path, json=body, headers=elsewhere).status_code != 429


def test_a_network_may_log_in_rightly_as_often_as_it_likes(
    make_gateway: GatewayFactory, services: Services
) -> None:
    """Students of one university, all behind one address, at nine in the morning."""
    client = make_gateway(RATE_LIMIT_SCALE="0.5").test_client()
    body = {"email": "a@example.org", "password": "p"}
    services["auth"].reply("POST", "/api/v1/login-sessions", Reply(status=201, json={}))
    right = [client.post("/api/v1/login-sessions", json=body).status_code for _ in range(250)]
    assert right == [201] * 250


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "second_factor_required"), (403, "email_not_verified"), (422, "invalid_request"),
     (429, "too_many_requests"), (503, "unavailable")],
)  # fmt: skip
def test_what_is_no_wrong_password_is_no_failed_login(
    status: int, code: str, make_gateway: GatewayFactory, services: Services
) -> None:
    services["auth"].reply("POST", "/api/v1/login-sessions", problem(status, code))
    client = make_gateway(RATE_LIMIT_SCALE="0.05").test_client()
    body = {"email": "a@example.org", "password": "p"}
    answers = {client.post("/api/v1/login-sessions", json=body).status_code for _ in range(15)}
    assert answers == {status}


def test_the_limit_is_one_for_all_dialects(
    make_gateway: GatewayFactory, services: Services
) -> None:
    services["auth"].script = lambda _asked: WRONG
    client = make_gateway(RATE_LIMIT_SCALE="0.05").test_client()
    for number in range(10):
        path, body = LOGINS[number % len(LOGINS)]
        assert client.post(path, json=body).status_code != 429
    for path, body in LOGINS:
        assert client.post(path, json=body).status_code == 429


SIGN_UPS = [
    (
        "/users/signup/",
        {"email": "a@b.hu", "password": "a good pass 7", "first_name": "A", "last_name": "B"},
    ),
    ("/users", {"name": "a", "email": "a@b.hu", "password": "p"}),
    ("/registration", {"user_name": "a", "user_mail": "a@b.hu", "password": "a good password"}),
    ("/api/v1/registrations", {"email": "a@b.hu"}),
]


@pytest.mark.parametrize(("path", "body"), SIGN_UPS)
def test_refused_forms_lock_nobody_out_of_signing_up(
    path: str, body: dict[str, str], make_gateway: GatewayFactory, services: Services
) -> None:
    services["auth"].script = lambda _asked: problem(422, "invalid_request", errors={})
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client()
    for form in [body, {}] * 60:
        assert client.post(path, json=form).status_code != 429
    refused = client.post(path, json=body)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 3601


def test_accepted_sign_ups_are_limited_per_network(
    make_gateway: GatewayFactory, services: Services
) -> None:
    accepted = Reply(status=202, json={"email": "a@b.hu"})
    services["auth"].reply("POST", "/api/v1/registrations", accepted)
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client()
    answers = [client.post("/api/v1/registrations", json={}).status_code for _ in range(31)]
    assert answers == [202] * 30 + [429]
    for path, body in SIGN_UPS:
        assert client.post(path, json=body).status_code == 429, path


def test_code_mails_are_limited_by_those_that_were_sent(
    make_gateway: GatewayFactory, services: Services
) -> None:
    path = "/api/v1/password-resets"
    client = make_gateway(RATE_LIMIT_SCALE="0.1").test_client()
    services["auth"].reply("POST", path, problem(429, "too_many_requests"))
    assert {client.post(path, json={}).status_code for _ in range(9)} == {429}
    services["auth"].reply("POST", path, Reply(status=202, json={}))
    answers = [client.post(path, json={}).status_code for _ in range(7)]
    assert answers == [202] * 6 + [429]


def test_right_codes_are_not_counted_and_wrong_ones_are(
    make_gateway: GatewayFactory, services: Services
) -> None:
    path = "/api/v1/verifications"
    client = make_gateway(RATE_LIMIT_SCALE="0.05").test_client()
    services["auth"].reply("POST", path, Reply(json={}))
    assert {client.post(path, json={}).status_code for _ in range(15)} == {200}
    services["auth"].reply("POST", path, problem(422, "code_not_accepted"))
    answers = [client.post(path, json={}).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_cards_are_limited_per_account_whatever_door_and_login_session(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    services["booking"].reply("POST", "/api/v1/payment-methods", Reply(status=201, json={"id": 1}))
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client()

    def tried(account_id: int, session_id: str) -> int:
        headers = token_maker.headers(account_id, session_id=session_id)
        return client.post("/api/v1/payment-methods", json={}, headers=headers).status_code

    assert [tried(7, f"s{number}") for number in range(6)] == [201] * 5 + [429]
    card = {"session": token_maker.token(7), "number": "4242424242424242"}
    assert client.post("/card_data", json=card).status_code == 429
    assert tried(8, "other") == 201


COSTLY = [
    ("GET", "/api/v1/matches"),
    ("HEAD", "/api/v1/matches"),
    ("POST", "/get_therapist_list"),
    ("POST", "/select_therapist"),
]


@pytest.mark.parametrize(("method", "path"), COSTLY)
def test_costly_reads_are_limited_per_account(
    method: str,
    path: str,
    make_gateway: GatewayFactory,
    services: Services,
    token_maker: TokenMaker,
) -> None:
    services["booking"].script = lambda _asked: Reply(json={"items": []})
    client = make_gateway(RATE_LIMIT_SCALE="0.1").test_client()

    def asked(account_id: int, number: int) -> int:
        headers = token_maker.headers(account_id, session_id=f"s{account_id}-{number}")
        return client.open(path, method=method, headers=headers, json={}).status_code

    assert [asked(7, number) == 429 for number in range(4)] == [False] * 3 + [True]
    for other_method, other_path in COSTLY:
        headers = token_maker.headers(7)
        again = client.open(other_path, method=other_method, headers=headers, json={})
        assert again.status_code == 429
        assert int(again.headers["Retry-After"]) >= 1
    assert asked(8, 1) != 429


def test_four_costly_reads_of_one_caller_run_at_once(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    arrived, may_answer = threading.Semaphore(0), threading.Event()

    def script(_asked: Asked) -> Reply:
        arrived.release()
        may_answer.wait(60)
        return Reply(json={"items": []})

    services["booking"].script = script
    patience = Patience(connect_seconds=60, read_seconds=120, total_seconds=120)
    gateway = make_gateway(patience, RATE_LIMIT_SCALE="1")

    def asked(headers: dict[str, str]) -> int:
        return gateway.test_client().get("/api/v1/matches", headers=headers).status_code

    one, other = token_maker.headers(7), token_maker.headers(8)
    with ThreadPoolExecutor(5) as pool:
        running = [pool.submit(asked, one) for _ in range(4)]
        for _ in running:
            assert arrived.acquire(timeout=60)
        assert [asked(one) for _ in range(3)] == [429] * 3
        theirs = pool.submit(asked, other)
        assert arrived.acquire(timeout=60), "another caller has places of their own"
        may_answer.set()
        assert [each.result(60) for each in (*running, theirs)] == [200] * 5
    assert asked(one) == 200, "places come back"


PROOFS = [
    *LOGINS,
    (
        "/users/signup/",
        {"email": "a@b.hu", "password": "a good pass 7", "first_name": "A", "last_name": "B"},
    ),
    ("/registration", {"user_name": "a", "user_mail": "a@b.hu", "password": "a good password"}),
    ("/api/v1/registrations", {"email": "a@b.hu"}),
    ("/users/resend_code/", {"email": "a@b.hu"}),
    ("/api/v1/password-resets", {"email": "a@b.hu"}),
    ("/users/verify_signup/", {"email": "a@b.hu", "code": "1"}),
    ("/api/v1/verifications", {"email": "a@b.hu", "code": "1"}),
]


@pytest.mark.parametrize(("scale", "at_once"), [("1", 4), ("2", 8)])
@pytest.mark.parametrize(("path", "body"), PROOFS)
def test_few_proofs_of_one_network_are_under_way_at_once(
    path: str,
    body: dict[str, str],
    scale: str,
    at_once: int,
    make_gateway: GatewayFactory,
    services: Services,
) -> None:
    arrived, may_answer = threading.Semaphore(0), threading.Event()

    def script(_asked: Asked) -> Reply:
        arrived.release()
        may_answer.wait(60)
        return WRONG

    services["auth"].script = script
    patience = Patience(connect_seconds=60, read_seconds=120, total_seconds=120)
    gateway = make_gateway(patience, RATE_LIMIT_SCALE=scale, TRUSTED_PROXIES="127.0.0.1")

    def asked(address: str) -> TestResponse:
        headers = {"X-Forwarded-For": address}
        return gateway.test_client().post(path, json=body, headers=headers)

    with ThreadPoolExecutor(at_once + 1) as pool:
        running = [pool.submit(asked, "203.0.113.5") for _ in range(at_once)]
        for _ in running:
            assert arrived.acquire(timeout=60)
        for _ in range(3):
            refused = asked("203.0.113.5")
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        theirs = pool.submit(asked, "203.0.113.6")
        assert arrived.acquire(timeout=60), "another network has places of its own"
        may_answer.set()
        assert 429 not in [each.result(60).status_code for each in (*running, theirs)]
    assert asked("203.0.113.5").status_code != 429, "places come back"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/users/update/5/6", 404),
        ("BREW", "/api/v1/stages", 405),
        ("GET", "/users/login/", 405),
        ("DELETE", "/docs", 405),
        ("GET", "/protected", 401),
    ],
)
def test_refusals_count_as_well(
    method: str, path: str, status: int, make_gateway: GatewayFactory
) -> None:
    client = make_gateway(RATE_LIMIT_SCALE="0.01").test_client()
    answers = [client.open(path, method=method).status_code for _ in range(8)]
    assert answers == [status] * 6 + [429] * 2


@pytest.mark.parametrize("path", ["/api/v1/notifications", "/users/settings/", "/client_lk"])
def test_an_ended_token_is_counted_and_asks_auth_once(
    path: str, make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    gateway = make_gateway(RATE_LIMIT_SCALE="0.01")
    parts_of(gateway).keeper._store.end("ended", int(time.time()) + 3600)
    services["auth"].reply("GET", "/internal/v1/accounts/7", Reply(json={"is_locked": True}))
    client = gateway.test_client()
    headers = token_maker.headers(7, session_id="ended")
    method = "POST" if path == "/client_lk" else "GET"
    answers = [client.open(path, method=method, headers=headers).status_code for _ in range(8)]
    assert answers[6:] == [429] * 2
    assert 429 not in answers[:6]
    asked = [each.path for each in services["auth"].asked]
    assert asked.count("/internal/v1/accounts/7") == 1


def test_a_token_in_the_body_counts_for_its_login_session(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    """Many behind one address, each with a token in the body, are many callers."""
    services["booking"].script = lambda _asked: Reply(json={"items": []})
    client = make_gateway(RATE_LIMIT_SCALE="0.01").test_client()
    for number in range(10):
        body = {"session": token_maker.token(session_id=f"s{number}")}
        assert client.post("/sessions_info", json=body).status_code == 200
    body = {"session": token_maker.token(session_id="one")}
    answers = [client.post("/sessions_info", json=body).status_code for _ in range(7)]
    assert answers == [200] * 6 + [429]


def test_beyond_a_ceiling_over_all_callers_operators_are_told(
    make_gateway: GatewayFactory, services: Services
) -> None:
    services["auth"].script = lambda _asked: WRONG
    trusting = {"RATE_LIMIT_SCALE": "0.01", "TRUSTED_PROXIES": "127.0.0.1"}
    gateway = make_gateway(**trusting)
    client = gateway.test_client()
    with structlog.testing.capture_logs() as logs:
        for number in range(23):
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            body = {"email": "a@example.org", "password": "p"}
            answer = client.post("/api/v1/login-sessions", json=body, headers=headers)
            assert answer.status_code == 401, "nobody is refused"
    alerts = [line for line in logs if line["event"] == "ceiling_exceeded"]
    assert [(line["log_level"], line["reason"]) for line in alerts] == [("error", "login")]
    numbers = parts_of(gateway).metrics.exposition().decode()
    assert 'hearth_gateway_ceilings_exceeded_total{limit="login"} 3.0' in numbers


def test_the_throttled_answers_are_the_dialects_own(
    make_gateway: GatewayFactory, services: Services
) -> None:
    client = make_gateway(RATE_LIMIT_SCALE="0.01").test_client()
    services["auth"].script = lambda _asked: WRONG
    for _ in range(2):
        client.post("/users/login/", json=LOGINS[0][1])
    wellbeing = client.post("/users/login/", json={})
    seconds = wellbeing.headers["Retry-After"]
    assert body_of(wellbeing) == {
        "detail": f"Request was throttled. Expected available in {seconds} seconds."
    }
    accounts = client.post("/login", json={"email": "a"})
    assert (accounts.status_code, body_of(accounts)) == (429, {"error": "Too many requests"})
    matching = client.post("/login", json={"user_mail": "a"})
    assert matching.status_code == 429
    assert body_of(matching) == {"status": False, "session": "", "error": "Too many requests"}
    clean = client.post("/api/v1/login-sessions", json={})
    assert (clean.status_code, body_of(clean)["code"]) == (429, "too_many_requests")


def test_the_general_limit_is_per_login_session_and_forged_tokens_count_by_address(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    client = make_gateway(RATE_LIMIT_SCALE="0.01").test_client()
    one, other = token_maker.headers(session_id="s1"), token_maker.headers(session_id="s2")
    path = "/api/v1/notifications"
    assert [client.get(path, headers=one).status_code for _ in range(7)] == [200] * 6 + [429]
    assert client.get(path, headers=other).status_code == 200
    forged = [
        client.get(path, headers={"Authorization": f"Bearer a.b.{n}"}).status_code for n in range(7)
    ]
    assert forged == [401] * 6 + [429]
    assert client.get("/healthz").status_code == 200


def test_an_address_with_a_password_counts_as_a_login_at_the_token_checks(
    make_gateway: GatewayFactory, services: Services
) -> None:
    services["auth"].script = lambda _asked: Reply(status=401, json={"code": "invalid_credentials"})
    client = make_gateway(RATE_LIMIT_SCALE="0.05").test_client()
    answers = [
        client.open(path, method=method, auth=("a@example.org", f"guess {number}")).status_code
        for number in range(6)
        for method, path in (("GET", "/protected"), ("POST", "/logout"))
    ]
    assert answers == [401] * 10 + [429] * 2


def test_staff_may_open_as_many_accounts_as_they_need(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    services["auth"].reply("POST", "/api/v1/accounts", Reply(status=201, json={"id": 1}))
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client()

    def opened(headers: dict[str, str]) -> list[int]:
        return [
            client.post("/api/v1/accounts", json={}, headers=headers).status_code for _ in range(32)
        ]

    assert opened(token_maker.headers(role="moderator")) == [201] * 32
    assert opened(token_maker.headers(role="client")) == [201] * 30 + [429] * 2
    assert opened({}) == [429] * 32


def test_messages_are_limited_per_login_session(
    make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    services["chat"].reply("POST", "/api/v1/messages", Reply(status=201, json={"id": 1}))
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client()
    one, other = token_maker.token(session_id="s1"), token_maker.token(session_id="s2")
    for number in range(30):
        if number % 2:
            body = {"session": one, "psy_id": 5, "text": "hello"}
            assert body_of(client.post("/send_message", json=body)) == {"status": True}
        else:
            headers = {"Authorization": f"Bearer {one}"}
            sent = client.post("/api/v1/messages", json={"text": "x"}, headers=headers)
            assert sent.status_code == 201
    refused = client.post("/send_message", json={"session": one, "psy_id": 5, "text": "hello"})
    assert (refused.status_code, body_of(refused)["status"]) == (429, False)
    headers = {"Authorization": f"Bearer {other}"}
    assert client.post("/api/v1/messages", json={}, headers=headers).status_code == 201


def test_no_success_carries_retry_after(client) -> None:
    assert "Retry-After" not in client.get("/").headers


def test_memory_forgets_what_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SteadyMemory()
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    assert memory.incr("a", 60) == 1
    assert memory.acquire_entry("b", 1, 60)
    assert not memory.acquire_entry("b", 1, 60)
    assert memory.get_moving_window("b", 1, 60) == (moment, 1)
    later = moment + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert memory.get("a") == 0
    assert memory.get_moving_window("b", 1, 60) == (later, 0)
    assert memory.incr("c", 60) == 1
    assert (set(memory._counters), set(memory._windows)) == ({"c"}, set())
    assert memory.acquire_entry("b", 1, 60)
    assert memory.get_expiry("c") == later + 60
    memory.clear("c")
    assert memory.get("c") == 0
    assert memory.reset() == 1
    assert memory.check()


PICTURE = b"p" * (1024 * 1024)
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'
    + PICTURE
    + b"\r\n--b--\r\n"
)


class Unreadable(io.BytesIO):
    """A body whose reading is a failure."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("read")


UNREADABLE: dict[str, Any] = {
    "input_stream": Unreadable(),
    "content_length": len(PICTURE),
    "content_type": "multipart/form-data; boundary=b",
}
UPLOADS = {
    "legacy": ("POST", "/users/change_profile_picture/"),
    "clean": ("PUT", "/api/v1/profiles/me/picture"),
}


def upload(client: FlaskClient, way: str, headers: dict[str, str]) -> TestResponse:
    method, path = UPLOADS[way]
    if way == "clean":
        return client.open(path, method=method, data=PICTURE, headers=headers)
    form = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
    return client.open(path, method=method, data=FORM, headers=form)


@pytest.mark.parametrize("way", UPLOADS)
def test_pictures_are_limited_per_login_session_before_they_are_read(
    way: str, make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    client = make_gateway(RATE_LIMIT_SCALE="1").test_client()
    headers = token_maker.headers()
    for _ in range(10):
        assert upload(client, way, headers).status_code == 200
    method, path = UPLOADS[way]
    # the eleventh is refused although its body never ends: nothing of it is read
    refused = client.open(path, method=method, headers=headers, **UNREADABLE)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert len(services["profile"].asked) == 10
    assert upload(client, way, token_maker.headers()).status_code == 200, "another login session"


def test_a_picture_of_nobody_is_refused_before_it_is_read(client: FlaskClient) -> None:
    for method, path in UPLOADS.values():
        refused = client.open(path, method=method, **UNREADABLE)
        assert refused.status_code == 401


@pytest.mark.parametrize("way", UPLOADS)
def test_few_large_bodies_are_in_memory_at_once(
    way: str, make_gateway: GatewayFactory, services: Services, token_maker: TokenMaker
) -> None:
    arrived, may_answer = threading.Semaphore(0), threading.Event()

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/picture"):
            arrived.release()
            may_answer.wait(60)
        return Reply(json={})

    services["profile"].script = script
    gateway = make_gateway(Patience(read_seconds=120, total_seconds=120))
    parts_of(gateway).bodies._large._wait_seconds = 0.05
    headers = token_maker.headers()
    with ThreadPoolExecutor(LARGE_BODIES_AT_ONCE) as pool:
        kept = [
            pool.submit(upload, gateway.test_client(), way, headers)
            for _ in range(LARGE_BODIES_AT_ONCE)
        ]
        for _ in kept:
            assert arrived.acquire(timeout=60)
        refused = upload(gateway.test_client(), way, headers)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        text = {"detail": "Service unavailable."}
        assert way == "clean" or refused.get_json() == text
        small = gateway.test_client().post("/users/update_profile/", json={}, headers=headers)
        assert small.status_code != 503, "fields need no place"
        may_answer.set()
        assert [each.result(60).status_code for each in kept] == [200] * LARGE_BODIES_AT_ONCE
    assert upload(gateway.test_client(), way, headers).status_code == 200, "places come back"
