"""Services that hang, trickle, close, lie or are gone: the gateway answers in time and others are
not held up.
"""

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import aiohappyeyeballs
import pytest

from gateway.tests.conftest import GatewayFactory, body_of
from gateway.tests.driving import CalledUpstream
from gateway.tests.stub_services import (
    CLOSING_ANSWER,
    SIMPLE_ANSWER,
    RawService,
    Reply,
    StubService,
    read_request,
)
from gateway.upstreams import (
    Patience,
    UpstreamAnswer,
    UpstreamCall,
    UpstreamUnavailable,
)
from shared.http.breaker import (
    MOST_OPERATIONS,
    BreakerIsOpen,
    ConcurrentBreaker,
    OperationBreakers,
    State,
)
from shared.testing.tokens import TokenMaker

GET = UpstreamCall(method="GET", target="/x")
RETRIED_GET = UpstreamCall(method="GET", target="/x", may_be_retried=True)
POST = UpstreamCall(method="POST", target="/x", body=b"{}")
HASTY = Patience(connect_seconds=0.25, read_seconds=0.2, total_seconds=0.3, failures_to_open=1000)

MakeRaw = Callable[[Callable[[socket.socket], None]], RawService]
MakeUpstream = Callable[..., CalledUpstream]


@pytest.fixture
def make_raw() -> Iterator[MakeRaw]:
    made: list[RawService] = []

    def make(serve: Callable[[socket.socket], None]) -> RawService:
        made.append(RawService(serve))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def make_upstream() -> Iterator[MakeUpstream]:
    made: list[CalledUpstream] = []

    def make(url: str, patience: Patience = HASTY) -> CalledUpstream:
        made.append(CalledUpstream("stub", url, patience))
        return made[-1]

    yield make
    for upstream in made:
        upstream.close()


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """Give an event a hanging service waits for; set when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_connections_are_kept_and_used_again(
    services: dict[str, StubService], make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream(services["chat"].url)
    for call in (GET, POST, GET):
        assert upstream.call(call).status == 200
    assert services["chat"].connections == 1


def test_a_hung_service_is_given_up_in_time(
    make_raw: MakeRaw, make_upstream: MakeUpstream, hang: threading.Event
) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        hang.wait()

    upstream = make_upstream(make_raw(serve).url, Patience(failures_to_open=1000))
    # the service lets go only after this: whoever gets here was not released by it
    with pytest.raises(UpstreamUnavailable, match="timeout"):
        upstream.call(GET)
    assert not hang.is_set()


@pytest.mark.parametrize("part", ["head", "body", "chunks"])
def test_a_trickling_service_is_cut_at_the_total_time(
    part: str, make_raw: MakeRaw, make_upstream: MakeUpstream, hang: threading.Event
) -> None:
    starts = {
        "head": b"HTTP/1.1 200 OK\r\nX-Slow: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    }

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(starts[part])
        while not hang.wait(0.05):
            connection.sendall(b"1\r\nx\r\n" if part == "chunks" else b"x")

    patience = Patience(read_seconds=30, total_seconds=0.8, failures_to_open=1000)
    upstream = make_upstream(make_raw(serve).url, patience)
    # no read waits for long, and the service goes on: only the total time ends this
    with pytest.raises(UpstreamUnavailable, match="timeout"):
        upstream.call(GET)
    assert not hang.is_set()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 300 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (9 * 1024 * 1024),
    ],
    ids=["closed", "nonsense", "truncated", "truncated chunks", "many", "long", "huge"],
)
def test_an_answer_that_is_no_answer_is_unavailable(
    answer: bytes, make_raw: MakeRaw, make_upstream: MakeUpstream
) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    patience = Patience(read_seconds=1.0, total_seconds=1.5, failures_to_open=1000)
    with pytest.raises(UpstreamUnavailable):
        make_upstream(make_raw(serve).url, patience).call(GET)


@pytest.mark.parametrize("call", [GET, RETRIED_GET, POST])
def test_a_request_that_was_sent_is_never_sent_again(
    call: UpstreamCall, make_raw: MakeRaw, make_upstream: MakeUpstream
) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)

    service = make_raw(serve)
    with pytest.raises(UpstreamUnavailable, match="connection"):
        make_upstream(service.url).call(call)
    assert service.connections == 1


def test_only_a_row_that_says_so_is_tried_again_and_only_when_nothing_was_sent(
    make_upstream: MakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    async def refuse(*arguments: object, **_more: object) -> socket.socket:
        tries.append(arguments)
        raise ConnectionRefusedError

    monkeypatch.setattr(aiohappyeyeballs, "start_connection", refuse)
    for call, expected in ((GET, 1), (POST, 1), (RETRIED_GET, 2)):
        tries.clear()
        with pytest.raises(UpstreamUnavailable, match="connection"):
            make_upstream("http://127.0.0.1:9").call(call)
        assert len(tries) == expected


def test_retries_do_not_multiply_the_load(
    make_upstream: MakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    async def refuse(*arguments: object, **_more: object) -> socket.socket:
        tries.append(arguments)
        raise ConnectionRefusedError

    monkeypatch.setattr(aiohappyeyeballs, "start_connection", refuse)
    upstream = make_upstream("http://127.0.0.1:9")
    for _ in range(200):
        with pytest.raises(UpstreamUnavailable):
            upstream.call(RETRIED_GET)
    assert 200 < len(tries) <= 200 * 1.2


def test_a_connection_the_service_closed_while_idle_is_not_used_for_a_post(
    make_raw: MakeRaw, make_upstream: MakeUpstream
) -> None:
    closed = threading.Event()
    served: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        served.append(read_request(connection))
        connection.sendall(SIMPLE_ANSWER)
        connection.shutdown(socket.SHUT_WR)
        connection.close()
        closed.set()

    service = make_raw(serve)
    upstream = make_upstream(service.url)
    for number in range(1, 21):
        assert upstream.call(POST).status == 200
        assert closed.wait(5)
        closed.clear()
        assert len(served) == number


def test_a_connection_idle_for_too_long_is_not_used(
    services: dict[str, StubService], make_upstream: MakeUpstream
) -> None:
    upstream = make_upstream(services["chat"].url, Patience(idle_seconds=0.0))
    for _ in range(3):
        upstream.call(POST)
    assert services["chat"].connections == 3


def test_a_service_that_speaks_unasked_does_not_answer_the_next_question(
    make_raw: MakeRaw, make_upstream: MakeUpstream
) -> None:
    """A second answer on one connection must not become somebody else's."""

    def serve(connection: socket.socket) -> None:
        while request := read_request(connection):
            own = request.split(b" ")[1][-1:]
            connection.sendall(_answer_of(own) + _answer_of(b"?"))

    upstream = make_upstream(make_raw(serve).url)
    for own in b"123456789":
        target = f"/x{chr(own)}"
        assert upstream.call(UpstreamCall(method="GET", target=target)).body == bytes([own])


def _answer_of(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + body


def test_the_breaker_opens_after_failures_and_closes_after_a_good_trial(
    make_upstream: MakeUpstream, services: dict[str, StubService], monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = Patience(failures_to_open=3, open_seconds=0.3)
    upstream = make_upstream(services["chat"].url, patience)
    real = aiohappyeyeballs.start_connection
    attempts: list[object] = []

    async def refuse(*arguments: object, **_more: object) -> socket.socket:
        attempts.append(arguments)
        raise ConnectionRefusedError

    monkeypatch.setattr(aiohappyeyeballs, "start_connection", refuse)
    reasons = []
    for _ in range(6):
        with pytest.raises(UpstreamUnavailable) as caught:
            upstream.call(GET)
        reasons.append(caught.value.reason)
    assert reasons == ["connection"] * 3 + ["breaker"] * 3
    assert len(attempts) == 3
    assert upstream.breaker_state == "open"
    monkeypatch.setattr(aiohappyeyeballs, "start_connection", real)
    assert _eventually(lambda: upstream.call(GET).status == 200)
    assert upstream.breaker_state == "closed"


def test_a_failed_trial_opens_the_breaker_again(
    make_upstream: MakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_arguments: object, **_more: object) -> socket.socket:
        raise ConnectionRefusedError

    monkeypatch.setattr(aiohappyeyeballs, "start_connection", refuse)
    patience = Patience(failures_to_open=1, open_seconds=0.05)
    upstream = make_upstream("http://127.0.0.1:9", patience)
    seen: set[str] = set()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and len(seen) < 2:
        try:
            upstream.call(GET)
        except UpstreamUnavailable as error:
            seen.add(error.reason)
    assert seen == {"connection", "breaker"} or seen == {"breaker"}
    assert upstream.breaker_state == "open"


class Hangs:
    """A service of which some paths hang; notes who asked for what."""

    def __init__(self, make_raw: MakeRaw, hanging: str) -> None:
        self.asked: list[str] = []

        def serve(connection: socket.socket) -> None:
            while head := read_request(connection):
                path = head.split(b" ")[1].decode()
                self.asked.append(path)
                if path.startswith(hanging):
                    connection.recv(1)
                    return
                connection.sendall(SIMPLE_ANSWER)

        self.url = make_raw(serve).url


def _reasons(upstream: CalledUpstream, target: str, callers: list[str]) -> list[str]:
    reasons = []
    for caller in callers:
        try:
            upstream.call(UpstreamCall(method="GET", target=target, caller=caller))
            reasons.append("")
        except UpstreamUnavailable as error:
            reasons.append(error.reason)
    return reasons


QUICK = Patience(read_seconds=0.05, total_seconds=0.1, failures_to_open=3, open_seconds=60)


def test_the_breaker_of_one_operation_refuses_no_other(
    make_raw: MakeRaw, make_upstream: MakeUpstream
) -> None:
    hangs = Hangs(make_raw, "/api/v1/matches")
    upstream = make_upstream(hangs.url, QUICK)
    callers = ["one", "other", "third", "fourth"]
    reasons = _reasons(upstream, "/api/v1/matches?page=1", callers)
    assert reasons == ["timeout"] * 3 + ["breaker"]
    assert _reasons(upstream, "/api/v1/matches?page=2", ["fifth"]) == ["breaker"], "one operation"
    for target in ("/api/v1/appointments", "/api/v1/matches-of-old", "/api/v1/holds/5"):
        expected = "timeout" if target.startswith("/api/v1/matches") else ""
        assert _reasons(upstream, target, ["one"]) == [expected], target
    other_method = UpstreamCall(method="POST", target="/api/v1/appointments", body=b"")
    assert upstream.call(other_method).status == 200


def test_ids_in_a_path_are_one_operation(make_raw: MakeRaw, make_upstream: MakeUpstream) -> None:
    hangs = Hangs(make_raw, "/api/v1/practitioners/")
    upstream = make_upstream(hangs.url, QUICK)
    reasons = [
        _reasons(upstream, f"/api/v1/practitioners/{number}/slots", [f"caller {number}"])[0]
        for number in range(5)
    ]
    assert reasons == ["timeout"] * 3 + ["breaker"] * 2


def test_one_callers_own_timeouts_open_no_breaker(
    make_raw: MakeRaw, make_upstream: MakeUpstream
) -> None:
    hangs = Hangs(make_raw, "/api/v1/appointments?big")
    upstream = make_upstream(hangs.url, QUICK)
    assert _reasons(upstream, "/api/v1/appointments?big", ["one"] * 9) == ["timeout"] * 9
    assert _reasons(upstream, "/api/v1/appointments", ["other"]) == [""]
    assert _reasons(upstream, "/api/v1/appointments?big", ["one", "other"] * 9) == ["timeout"] * 18
    others = ["third", "fourth", "fifth"]
    assert _reasons(upstream, "/api/v1/appointments?big", others)[-1] == "breaker"


def breaker() -> ConcurrentBreaker:
    return ConcurrentBreaker(failures_to_open=5, open_seconds=0.0, failures=(OSError,))


def fail(breaker: ConcurrentBreaker, callers: list[str], error: OSError) -> list[State]:
    """Let callers fail one after the other; give the breaker's state after each."""

    def call() -> None:
        raise error

    states = []
    for caller in callers:
        with contextlib.suppress(OSError, BreakerIsOpen):
            breaker.run(call, caller)
        states.append(breaker.state)
    return states


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        (["one"] * 20, "closed"),
        (["one"] * 20 + ["other", "third", "fourth", "fifth", "sixth"], "closed"),
        (["one", "one", "other"] * 20, "closed"),
        (["one", "other"] * 20, "closed"),
        (["one", "other", "third"] * 2, "open"),
        (["one", "other", "third", "fourth", "one"], "open"),
        (["one"] * 1000 + ["other", "third", "fourth"] * 5, "open"),
    ],
)
def test_timeouts_open_it_when_nobody_has_half_of_them(callers: list[str], expected: str) -> None:
    assert fail(breaker(), callers, TimeoutError())[-1] == expected


def test_a_flood_of_timeouts_hides_no_service_that_is_gone() -> None:
    of_all = breaker()
    assert fail(of_all, ["one"] * 100, TimeoutError())[-1] == "closed"
    assert fail(of_all, ["one"] * 5, ConnectionError())[3:] == ["closed", "open"]


def test_what_failed_before_it_opened_is_forgotten_when_it_closes() -> None:
    of_all = breaker()
    assert fail(of_all, ["one", "other", "third"] * 2, TimeoutError())[-1] == "open"
    assert of_all.run(lambda: "well", "one") == "well"
    assert of_all.state == "closed"
    assert fail(of_all, ["one"] * 9, TimeoutError())[-1] == "closed"


def test_a_service_that_is_gone_opens_it_whoever_asks(make_upstream: MakeUpstream) -> None:
    upstream = make_upstream("http://127.0.0.1:9", QUICK)
    reasons = _reasons(upstream, "/api/v1/appointments", ["one"] * 5)
    assert reasons == ["connection"] * 3 + ["breaker"] * 2


def test_so_many_operations_are_remembered_and_no_more() -> None:
    made: list[ConcurrentBreaker] = []

    def make() -> ConcurrentBreaker:
        made.append(ConcurrentBreaker(failures_to_open=1, open_seconds=60, failures=(OSError,)))
        return made[-1]

    breakers = OperationBreakers(make)
    words = ["".join(pair) for pair in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=2)]
    for word in words:
        breakers.of("GET", f"/api/v1/{word}")
    assert len(breakers._by_operation) == MOST_OPERATIONS
    assert len(made) == len(words)


def test_refusals_and_errors_of_a_service_do_not_open_the_breaker(
    make_upstream: MakeUpstream, services: dict[str, StubService]
) -> None:
    upstream = make_upstream(services["chat"].url, Patience(failures_to_open=2))
    for status in (404, 409, 500, 503) * 3:
        services["chat"].reply("GET", "/x", Reply(status=status, json={}))
        assert upstream.call(GET).status == status
    assert upstream.breaker_state == "closed"


def test_calls_run_side_by_side(make_raw: MakeRaw, make_upstream: MakeUpstream) -> None:
    """A breaker that held a lock while a call runs would let one through at a time: eight would
    never meet here.
    """
    meeting = threading.Barrier(8, timeout=60)

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        meeting.wait()
        connection.sendall(SIMPLE_ANSWER)

    upstream = make_upstream(make_raw(serve).url, Patience())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upstream.call(GET).status, range(8)))
    assert answers == [200] * 8


def test_the_bulkhead_refuses_what_neither_runs_nor_waits(
    make_raw: MakeRaw, make_upstream: MakeUpstream, hang: threading.Event
) -> None:
    arrived = threading.Semaphore(0)

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        arrived.release()
        hang.wait(20)
        connection.sendall(CLOSING_ANSWER)

    patience = Patience(
        read_seconds=20, total_seconds=20, concurrent_calls=2, waiting_calls=1,
        wait_for_permit_seconds=20,
    )  # fmt: skip
    service = make_raw(serve)
    upstream = make_upstream(service.url, patience)
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(upstream.call, GET) for _ in range(2)]
        assert arrived.acquire(timeout=20)
        assert arrived.acquire(timeout=20)
        late = {pool.submit(upstream.call, GET) for _ in range(2)}
        [refused], [waiting] = wait(late, timeout=10, return_when=FIRST_COMPLETED)
        with pytest.raises(UpstreamUnavailable, match="bulkhead"):
            refused.result()
        hang.set()
        assert [each.result(20).status for each in (*running, waiting)] == [200] * 3


def test_whoever_waits_too_long_for_a_permit_is_refused(
    make_raw: MakeRaw, make_upstream: MakeUpstream, hang: threading.Event
) -> None:
    arrived = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        arrived.set()
        hang.wait(20)
        connection.sendall(SIMPLE_ANSWER)

    patience = Patience(
        read_seconds=20, total_seconds=20, concurrent_calls=1, waiting_calls=1,
        wait_for_permit_seconds=0.05,
    )  # fmt: skip
    upstream = make_upstream(make_raw(serve).url, patience)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(upstream.call, GET)
        assert arrived.wait(20)
        with pytest.raises(UpstreamUnavailable, match="bulkhead"):
            upstream.call(GET)
        hang.set()
        assert running.result(20).status == 200


def test_a_hung_service_leaves_the_other_services_alone(
    make_gateway: GatewayFactory,
    make_raw: MakeRaw,
    hang: threading.Event,
    token_maker: TokenMaker,
) -> None:
    arrived = threading.Semaphore(0)

    def serve(connection: socket.socket) -> None:
        read_request(connection)
        arrived.release()
        hang.wait()

    patience = Patience(read_seconds=120, total_seconds=120)
    gateway = make_gateway(patience, CHAT_URL=make_raw(serve).url)
    headers = token_maker.headers()
    with ThreadPoolExecutor(8) as pool:
        hung = [
            pool.submit(gateway.test_client().get, "/users/sessions/", headers=headers)
            for _ in range(8)
        ]
        for _ in hung:
            assert arrived.acquire(timeout=60)
        for _ in range(20):
            assert gateway.test_client().get("/api/v1/notifications").status_code == 200
        assert not any(each.done() for each in hung), "all of them hung all the while"
        hang.set()
        for each in hung:
            response = each.result(60)
            assert response.status_code == 503
            assert body_of(response) == {"detail": "Service unavailable."}
            assert int(response.headers["Retry-After"]) >= 1


def _eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Ask until it holds; a service that refuses meanwhile is asked again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return True
        except UpstreamUnavailable:
            continue
    return False


def test_an_answers_header_is_found_in_any_case() -> None:
    answer = UpstreamAnswer(status=200, headers=(("ETag", "x"),), body=b"")
    assert (answer.header("etag"), answer.header("Date")) == ("x", "")
