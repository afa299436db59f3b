"""The gateway as operators start it, spoken to over raw sockets: framing, slow bodies, two headers,
stopping.
"""

import asyncio
import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.bodies import Pace, read_body
from gateway.errors import Fault, Refused
from gateway.requests import Request
from gateway.settings import Settings
from gateway.tests.conftest import gateway_environment, scripted_services
from gateway.tests.driving import port_of, served
from gateway.tests.stub_services import Reply, StubService
from shared.testing.ports import free_port
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import eventually

Services = dict[str, StubService]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class RunningGateway:
    process: subprocess.Popen[bytes]
    port: int

    def send(self, data: bytes) -> bytes:
        """Send raw bytes, finish sending, and read everything until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as connection:
            connection.sendall(data)
            return _until_closed(connection)


def _until_closed(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def _started(environment: dict[str, str], memory_megabytes: int = 0) -> RunningGateway:
    port = free_port()
    memory = (memory_megabytes * 1024 * 1024,) * 2
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "web"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment, "PORT": str(port), "LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_DATA, memory)
        if memory_megabytes
        else None,
    )
    running = RunningGateway(process=process, port=port)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            answer = running.send(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        except OSError:
            continue
        if b" 200 " in answer.split(b"\r\n", 1)[0]:
            return running
    process.kill()
    process.wait()
    pytest.fail("the gateway did not become ready")


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Give one set of services to the whole module: starting a gateway takes a second."""
    yield from scripted_services()


@pytest.fixture(scope="module")
def environment(
    services: Services, token_maker: TokenMaker, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Give the settings of the module's gateway."""
    return gateway_environment(services, token_maker, tmp_path_factory.mktemp("gateway"))


@pytest.fixture(scope="module")
def running(environment: dict[str, str]) -> Iterator[RunningGateway]:
    """Start the module's gateway."""
    gateway = _started(environment)
    yield gateway
    gateway.process.terminate()
    gateway.process.wait(60)


@pytest.fixture(autouse=True)
def nothing_asked_yet(services: Services) -> None:
    """Forget what services were asked before."""
    for stub in services.values():
        stub.asked.clear()


def request(
    head: str, body: bytes = b"", *headers: str, path: str = "/api/v1/verifications"
) -> bytes:
    lines = [head.format(path=path), "Host: gateway.test", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


POST = "POST {path} HTTP/1.1"
JSON = "Content-Type: application/json"


def test_a_chunked_body_is_read_bounded_and_sent_on_with_its_length(
    running: RunningGateway, services: Services
) -> None:
    chunked = b'5\r\n{"a":\r\n3;x=y\r\n 1}\r\n0\r\n\r\n'
    answer = running.send(request(POST, chunked, JSON, "Transfer-Encoding: chunked"))
    assert status_of(answer) == 200
    asked = services["auth"].asked[-1]
    assert asked.body == b'{"a": 1}'
    assert asked.headers["content-length"] == "8"
    assert "transfer-encoding" not in asked.headers
    legacy = b'12\r\n{"user_mail": "a@b\r\n4\r\n.hu"\r\n1\r\n}\r\n0\r\n\r\n'
    answer = running.send(request(POST, legacy, "Transfer-Encoding: chunked", path="/login"))
    assert answer.endswith(b'{"status":false,"error":"Incorrect field: password","session":""}')


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/verifications", 413),
        ("/users/login/", 413),
        ("/users", 413),
        ("/registration", 200),
    ],
)
def test_a_chunked_body_over_the_limit_is_refused(
    path: str, status: int, running: RunningGateway, services: Services
) -> None:
    piece = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    answer = running.send(
        request(POST, piece * 5 + b"0\r\n\r\n", JSON, "Transfer-Encoding: chunked", path=path)
    )
    assert status_of(answer) == status
    assert b"oo large" in answer
    assert not any(asked.method == "POST" for asked in services["auth"].asked)


SMUGGLED = b"GET /api/v1/stages?smuggled=1 HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], b"0\r\n\r\n" + SMUGGLED),
        (["Content-Length: 0", "Content-Length: 44"], SMUGGLED),
        (["Content-Length: 0, 44"], SMUGGLED),
        (["Content-Length: +5"], b"{}   " + SMUGGLED),
        (["Content-Length: 0x5"], b"{}   " + SMUGGLED),
        (["Content-Length: 5 5"], b"{}   " + SMUGGLED),
        (["Content-Length: -1"], SMUGGLED),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked, identity"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked, chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding:\x0bchunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding : chunked"], b"0\r\n\r\n" + SMUGGLED),
        ([" Transfer-Encoding: chunked"], b"0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked"], b"zz\r\n\r\n0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked"], b"-5\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
        (["Transfer-Encoding: chunked"], b"5\r\nhelloXX0\r\n\r\n" + SMUGGLED),
    ],
)
def test_ambiguous_framing_is_refused_and_nothing_hidden_gets_through(
    headers: list[str], body: bytes, running: RunningGateway, services: Services
) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        head = "\r\n".join(["POST /api/v1/stages HTTP/1.1", "Host: gateway.test", *headers, "", ""])
        connection.sendall(head.encode("latin-1") + body)
        connection.shutdown(socket.SHUT_WR)
        answer = _until_closed(connection)
    assert 400 <= status_of(answer) < 502
    assert answer.count(b"HTTP/1.1 ") == 1
    assert services["chat"].asked == []


def test_a_body_that_ends_early_is_refused(running: RunningGateway, services: Services) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        connection.sendall(request(POST, b'{"a": 1', JSON, "Content-Length: 100"))
        connection.shutdown(socket.SHUT_WR)
        answer = _until_closed(connection)
    assert status_of(answer) == 400
    assert b"unreadable_body" in answer
    assert not any(asked.method == "POST" for asked in services["auth"].asked)


def test_two_authorization_headers_are_refused(
    running: RunningGateway, services: Services, token_maker: TokenMaker
) -> None:
    good = f"Authorization: Bearer {token_maker.token()}"
    for path in ("/api/v1/stages", "/users/sessions/", "/protected"):
        answer = running.send(request("GET {path} HTTP/1.1", b"", good, good, path=path))
        assert status_of(answer) == 401
    assert services["chat"].asked == []


def test_headers_with_underscores_do_not_pass_for_real_ones(
    running: RunningGateway, services: Services
) -> None:
    spoofed = (
        "X_Internal_Key: x",
        "X_Forwarded_For: 1.2.3.4",
        "Script_Name: /x",
        "SCRIPT-NAME: /y",
    )
    answer = running.send(request("GET {path} HTTP/1.1", b"", *spoofed, path="/api/v1/stages"))
    assert status_of(answer) == 200
    asked = services["chat"].asked[-1]
    assert "x-internal-key" not in asked.headers
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
    assert asked.target == "/api/v1/stages"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/v1/accounts/%2e%2e/%2e%2e/internal/v1/accounts", 404),
        ("/api/v1/accounts/..%2f..%2f..%2finternal%2fv1%2faccounts", 404),
        ("/api/v1/accounts%2f5", 200),
        ("//api/v1/accounts", 404),
        ("/internal/v1/ended-login-sessions", 404),
        ("http://gateway.test/api/v1/accounts/5", 200),
        ("http://gateway.test/internal/v1/accounts/5", 404),
        ("/api/v1/accounts/%00", 404),
        ("/api/v1/accounts/%0d%0aX-Internal-Key:%20x", 404),
        ("/metrics", 404),
        ("/app/%2e%2e/api/v1/accounts/5", 404),
        ("/app/%ff", 404),
        ("/app/%0d%0aX-Internal-Key:%20x", 404),
    ],
)
def test_no_spelling_of_a_path_reaches_the_inside(
    target: str, status: int, running: RunningGateway, services: Services
) -> None:
    before = len(services["auth"].asked)
    answer = running.send(request("GET {path} HTTP/1.1", path=target))
    assert status_of(answer) == status
    reached = [asked.path for asked in services["auth"].asked[before:]]
    allowed = {"/api/v1/accounts/5", "/.well-known/jwks.json", "/internal/v1/ended-login-sessions"}
    assert set(reached) <= allowed
    if status == 404:
        assert "/api/v1/accounts/5" not in reached


def test_one_connection_serves_many_requests_and_one_upstream_connection_serves_them(
    running: RunningGateway, services: Services
) -> None:
    before = services["chat"].connections
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        stream = connection.makefile("rb")
        for _ in range(20):
            connection.sendall(b"GET /api/v1/stages HTTP/1.1\r\nHost: x\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += stream.readline()
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert stream.read(length) == b"{}"
        stream.close()
    stages = [asked for asked in services["chat"].asked if asked.path == "/api/v1/stages"]
    assert len(stages) == 20
    assert services["chat"].connections - before <= 1


@pytest.mark.parametrize(
    ("headers", "is_set"),
    [
        ((), True),
        (("Origin: http://gateway.test",), True),
        (("Origin: http://GATEWAY.elsewhere", "Sec-Fetch-Site: cross-site"), False),
        (("Origin: http://gateway.test", "Sec-Fetch-Site: cross-site"), False),
        (("Origin: https://evil.example",), False),
    ],
)
def test_only_a_page_of_ours_may_set_the_cookie(
    headers: tuple[str, ...], is_set: bool, running: RunningGateway, services: Services
) -> None:
    opened = Reply(json={"access_token": "a.b.c", "account_id": 5}, status=201)
    services["auth"].reply("POST", "/internal/v1/login-sessions", opened)
    body = b'{"user_mail": "anna@example.org", "password": "password"}'
    sent = request(POST, body, JSON, f"Content-Length: {len(body)}", *headers, path="/login")
    answer = running.send(sent.replace(b"gateway.test", b"127.0.0.1:8000"))
    assert (b"Set-Cookie: session=a.b.c" in answer) == is_set, answer


def test_requests_sent_together_are_answered_in_their_order(
    running: RunningGateway, services: Services
) -> None:
    post = request(POST, b'{"n": 1}', JSON, "Content-Length: 8")
    together = BUSY.replace(b"Connection: close\r\n", b"") * 2
    together += post.replace(b"Connection: close\r\n", b"") + BUSY
    answers = running.send(together)
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert len(services["chat"].asked) == 3
    [asked] = [each for each in services["auth"].asked if each.method == "POST"]
    assert asked.body == b'{"n": 1}'


def test_who_ends_sending_is_answered_to_the_last_request(running: RunningGateway) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        connection.sendall(BUSY.replace(b"Connection: close\r\n", b"") + b"BAD\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answers = _until_closed(connection)
    assert status_of(answers) == 200
    assert answers.count(b"HTTP/1.1 ") == 2
    assert b"bad_framing" in answers


def test_nothing_behind_a_chunked_body_is_answered(
    running: RunningGateway, services: Services
) -> None:
    whole = request(POST, b"2\r\n{}\r\n0\r\n\r\n", JSON, "Transfer-Encoding: chunked")
    answer = running.send(whole.replace(b"Connection: close\r\n", b"") + BUSY)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer
    assert services["chat"].asked == []


def test_a_caller_that_waits_to_go_on_is_told_once_somebody_reads(
    running: RunningGateway, services: Services
) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        expecting = ("Content-Length: 2", "Expect: 100-continue")
        connection.sendall(request(POST, b"", JSON, *expecting))
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert status_of(_until_closed(connection)) == 200
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        expecting = ("Content-Length: 9000000", "Expect: 100-continue")
        connection.sendall(request(POST, b"", JSON, *expecting))
        assert status_of(_until_closed(connection)) == 413, "refused before it is sent"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("FOO", "/api/v1/stages", 405),
        ("FOO", "/users", 405),
        ("CONNECT", "/api/v1/stages", 405),
        ("PROPFIND", "/users/settings/", 405),
        ("FOO", "/client_lk", 200),
    ],
)
def test_a_strange_method_is_refused_in_the_dialect(
    method: str, path: str, status: int, running: RunningGateway
) -> None:
    answer = running.send(request(f"{method} {{path}} HTTP/1.1", path=path))
    assert status_of(answer) == status
    assert b"Allow: " in answer


def test_a_wish_for_another_protocol_is_ignored(
    running: RunningGateway, services: Services
) -> None:
    for wish in ("h2c", "websocket"):
        wishing = ("Content-Length: 2", f"Upgrade: {wish}", "Connection: Upgrade")
        answer = running.send(request(POST, b"{}", JSON, *wishing))
        assert status_of(answer) == 200
        assert [each.body for each in services["auth"].asked if each.method == "POST"][-1] == b"{}"


def test_a_reader_that_takes_nothing_is_let_go(
    environment: dict[str, str], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.SILENT_READER_SECONDS", 0.5)
    monkeypatch.setattr("gateway.server.LOOK_EVERY_SECONDS", 0.05)
    services["chat"].reply("GET", "/api/v1/stages", Reply(json={"large": "x" * 6_000_000}))
    with (
        served(create_app(Settings.from_env(environment))) as server,
        socket.socket() as silent,
    ):
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.settimeout(120)
        silent.connect(("127.0.0.1", port_of(server)))
        silent.sendall(BUSY)
        assert len(silent.recv(10)) == 10
        assert len(server.connections) == 1
        eventually(lambda: not server.connections, within_seconds=60)
    services["chat"].replies.pop(("GET", "/api/v1/stages"), None)


def test_a_caller_that_falls_silent_inside_the_head_is_let_go(running: RunningGateway) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
        assert _until_closed(connection) == b""


BUSY = b"GET /api/v1/stages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HALF_HEAD = b"GET /api/v1/stages HTTP/1.1\r\nHost: x\r\nX-Half: "
HALF_BODY = b"POST /api/v1/verifications HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"
UNENDED = (
    b"POST /users/change_profile_picture/ HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n--b"
)


@pytest.fixture(scope="module")
def small(environment: dict[str, str]) -> Iterator[RunningGateway]:
    """Start a gateway with half the memory the launcher gives one."""
    gateway = _started(environment, memory_megabytes=512)
    yield gateway
    gateway.process.terminate()
    gateway.process.wait(60)


@contextlib.contextmanager
def _crowd(port: int, beginning: bytes, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as held:
        crowd = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port), timeout=120)
            crowd.append(held.enter_context(one))
            one.sendall(beginning)
        yield crowd


def _still_open(crowd: list[socket.socket]) -> int:
    return len(crowd) - len(select.select(crowd, [], [], 0)[0])


def test_half_heads_stop_nobody(small: RunningGateway) -> None:
    with _crowd(small.port, HALF_HEAD, 300) as crowd:
        assert status_of(small.send(BUSY)) == 200
        assert _still_open(crowd) == 300, "it was answered beside them, not after them"
        for _ in range(30):
            assert status_of(small.send(BUSY)) == 200


def test_half_bodies_stop_nobody(small: RunningGateway, services: Services) -> None:
    with _crowd(small.port, HALF_BODY, 120):
        for number in range(60):
            body = b'{"n": %d}' % number
            whole = request(POST, body, JSON, f"Content-Length: {len(body)}")
            assert status_of(small.send(BUSY)) == 200
            assert status_of(small.send(whole)) == 200
    assert small.process.poll() is None
    read = [asked.body for asked in services["auth"].asked if asked.method == "POST"]
    assert read == [b'{"n": %d}' % number for number in range(60)]


def test_half_bodies_of_one_network_leave_places_for_others(
    environment: dict[str, str], services: Services
) -> None:
    running = _started({**environment, "TRUSTED_PROXIES": "127.0.0.1", "WEB_THREADS": "16"})
    theirs = HALF_BODY.replace(b"Host: x", b"Host: x\r\nX-Forwarded-For: 203.0.113.9")
    ours = b"POST /api/v1/verifications HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.8\r\n"
    ours += b"Connection: close\r\nContent-Length: 2\r\n\r\n"
    try:
        with _crowd(running.port, theirs, 8) as crowd:
            # all but two are refused: then those two wait, and no other of that network may
            refused = [one for one in crowd if select.select([one], [], [], 5)[0]]
            assert [status_of(one.recv(4096)) for one in refused] == [503] * 6
            with socket.create_connection(("127.0.0.1", running.port), timeout=120) as late:
                late.sendall(ours)
                assert select.select([late], [], [], 1.0)[0] == []
                late.sendall(b"{}")
                assert status_of(_until_closed(late)) == 200
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_a_body_of_nobody_is_not_waited_for(small: RunningGateway) -> None:
    """Six of them held all places for large bodies, before anybody asked who sends them."""
    with _crowd(small.port, UNENDED, 12) as crowd:
        assert [status_of(one.recv(4096)) for one in crowd] == [401] * 12


def test_slow_large_bodies_leave_places_for_others(
    environment: dict[str, str], services: Services, token_maker: TokenMaker
) -> None:
    """Six of one account, or of one network, held all places for large bodies."""
    running = _started({**environment, "TRUSTED_PROXIES": "127.0.0.1"})

    def beginning(account_id: int, network: str) -> bytes:
        head = f"PUT /api/v1/profiles/me/picture HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {network}"
        token = token_maker.token(account_id)
        more = f"Authorization: Bearer {token}\r\nConnection: close\r\nContent-Length: 100000"
        return f"{head}\r\n{more}\r\n\r\nx".encode()

    def refused_of(crowd: list[socket.socket], count: int) -> None:
        refused: set[socket.socket] = set()
        while len(refused) < count:
            found = select.select(set(crowd) - refused, [], [], 60)[0]
            assert [status_of(one.recv(4096)) for one in found] == [503] * len(found)
            refused.update(found)

    try:
        with _crowd(running.port, beginning(5, "203.0.113.9"), 6) as crowd:
            refused_of(crowd, 4)
            with (
                _crowd(running.port, beginning(6, "203.0.113.9"), 2) as neighbours,
                _crowd(running.port, beginning(7, "203.0.113.8"), 1) as [late],
            ):
                refused_of(neighbours, 1)
                assert select.select([late], [], [], 1.0)[0] == []
                late.sendall(b"x" * 99_999)
                assert status_of(_until_closed(late)) == 200
                prompt = beginning(8, "203.0.113.9") + b"x" * 99_999
                assert status_of(running.send(prompt)) == 200
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_the_connections_of_one_network_are_bounded(
    environment: dict[str, str],
) -> None:
    running = _started({**environment, "CONNECTIONS_PER_NETWORK": "20"})
    try:
        with _crowd(running.port, HALF_HEAD, 30) as crowd:
            assert status_of(running.send(BUSY)) == 200, "who waits longest for a head makes room"
            gone = crowd[:11]
            assert select.select(crowd[10:11], [], [], 60)[0]
            assert all(_until_closed(one) == b"" for one in gone)
            assert _still_open(crowd[11:]) == 19
    finally:
        running.process.terminate()
        running.process.wait(60)


LONG_LINE = "a" * 5000
TOO_LONG = {
    "url": (f"GET {{path}}?x={LONG_LINE} HTTP/1.1", [], 414, "URL"),
    "header": ("GET {path} HTTP/1.1", [f"X-Long: {LONG_LINE * 2}"], 431, "eaders"),
    "headers": ("GET {path} HTTP/1.1", ["X-Many: 1"] * 80, 431, "eaders"),
    "obsolete": ("GET {path} HTTP/1.1", ["X-Folded: a", " b"], 400, ""),
}


@pytest.mark.parametrize("kind", TOO_LONG)
@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/api/v1/stages", "clean"),
        ("/nothing", "clean"),
        ("/users/login/", "wellbeing"),
        ("/users/update/5/6", "wellbeing"),
        ("/users", "accounts"),
        ("/client_lk", "matching"),
        ("/app/", "pages"),
    ],
)
def test_a_head_that_cannot_be_taken_is_refused_in_the_dialect(
    kind: str, path: str, dialect: str, running: RunningGateway, services: Services
) -> None:
    line, headers, status, word = TOO_LONG[kind]
    mine = ["Origin: http://localhost:3000", "X-Request-ID: a-request-of-mine-1"]
    answer = running.send(request(line, b"", *mine, *headers, path=path))
    head, _, body = answer.partition(b"\r\n\r\n")
    told = head.decode().lower().split("\r\n")
    assert "x-request-id: a-request-of-mine-1" in told
    assert "x-content-type-options: nosniff" in told
    assert f"content-length: {len(body)}" in told
    cors = "access-control-allow-origin: http://localhost:3000"
    assert (cors in told) == (dialect != "pages")
    if dialect == "pages":
        assert (status_of(answer), b"<h1>" in body) == (status, True)
        return
    read = json.loads(body)
    if dialect == "clean":
        assert (status_of(answer), read["status"]) == (status, status)
        assert read["request_id"] == "a-request-of-mine-1"
        assert "content-type: application/problem+json" in told
    elif dialect == "wellbeing":
        assert status_of(answer) == status
        assert list(read) == ["detail"]
        assert word in read["detail"]
    elif dialect == "accounts":
        assert status_of(answer) == (409 if status == 400 else status)
        assert list(read) == ["error"]
    else:
        assert (status_of(answer), read["status"]) == (200, False)
        assert word in read["error"]
    assert not any(
        asked.path.startswith(path) for stub in services.values() for asked in stub.asked
    )


@pytest.mark.parametrize(
    "head",
    [b"GET /\x01lena HTTP/1.1\r\n\r\n", b"LENA@ / HTTP/1.1\r\n\r\n", b"\xff\r\n\r\n", b"GET\n"],
)
def test_what_is_no_http_at_all_is_a_problem_document(head: bytes, running: RunningGateway) -> None:
    answer = running.send(head)
    assert status_of(answer) == 400
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_framing"
    assert b"lena" not in answer.lower()


def test_heads_that_cannot_be_taken_are_counted(environment: dict[str, str]) -> None:
    running = _started({**environment, "RATE_LIMIT_SCALE": "0.01"})
    try:
        long = request(f"GET {{path}}?x={LONG_LINE} HTTP/1.1", path="/users/login/")
        assert [status_of(running.send(long)) for _ in range(8)] == [414] * 6 + [429] * 2
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_a_head_that_has_no_end_is_refused(small: RunningGateway) -> None:
    endless = b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"x" * 8000 + b"\r\n"
    endless += (b"X-More: " + b"x" * 8000 + b"\r\n") * 5
    assert status_of(small.send(endless)) == 431


def test_a_stop_lets_the_request_in_hand_finish(
    environment: dict[str, str], services: Services
) -> None:
    arrived, may_answer = threading.Event(), threading.Event()

    def script(asked: object) -> Reply:
        arrived.set()
        may_answer.wait(60)
        return Reply(json={"done": True})

    services["notification"].script = script
    services["notification"].reply("GET", "/readyz", Reply(json={"status": "ready"}))
    running = _started(environment)
    with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
        connection.sendall(request("GET {path} HTTP/1.1", path="/api/v1/notifications"))
        assert arrived.wait(60)
        running.process.send_signal(signal.SIGTERM)
        may_answer.set()
        assert _until_closed(connection).endswith(b'{"done": true}')
    assert running.process.wait(60) == 0


@pytest.mark.parametrize("host", ["::", "[::]"])
def test_a_gateway_that_listens_everywhere_answers_both_families(
    host: str, environment: dict[str, str], services: Services
) -> None:
    running = _started({**environment, "BIND_HOST": host})
    try:
        for address, client in (("127.0.0.1", "127.0.0.1"), ("::1", "::1")):
            with socket.create_connection((address, running.port), timeout=120) as connection:
                connection.sendall(request("GET {path} HTTP/1.1", path="/api/v1/stages"))
                assert status_of(_until_closed(connection)) == 200
            assert services["chat"].asked[-1].headers["x-forwarded-for"] == client
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_bad_settings_end_the_start_with_one_clear_message(environment: dict[str, str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "gateway", "web"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment, "PORT": "no-port"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 2
    assert b"PORT: must be a whole number" in result.stderr
    assert b"Traceback" not in result.stderr


def test_the_command_prints_the_table_of_legacy_urls() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "gateway", "legacy-urls"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert result.stdout.decode() == (ROOT / "docs/legacy_urls.md").read_text(encoding="utf-8")


class _Arriving:
    """A body that comes as its sender likes: pieces, and the seconds to wait before each."""

    def __init__(self, *pieces: tuple[float, bytes]) -> None:
        self._pieces = iter(pieces)
        self._next: list[tuple[float, bytes]] = []

    async def readany(self) -> bytes:
        if not self._next:
            self._next = [next(self._pieces, (3600.0, b""))]
        await asyncio.sleep(self._next[0][0])
        return self._next.pop()[1]


def _read(arriving: _Arriving, length: int, pace: Pace) -> bytes:
    headers = {"content-length": str(length)}
    request = Request(method="POST", path="/", headers=headers, arriving=arriving)
    return asyncio.run(read_body(request, 64 * 1024, pace=pace))


@pytest.mark.parametrize(
    "arriving",
    [
        _Arriving((0.0, b"{")),
        _Arriving(*[(0.01, b"x")] * 60_000),
    ],
    ids=["silent", "trickling"],
)
def test_a_body_that_does_not_come_in_its_time_is_cut(arriving: _Arriving) -> None:
    # neither sender ever stops: only the time can end this
    with pytest.raises(Refused) as caught:
        _read(arriving, 60_000, Pace(prompt_seconds=0.05, silent_seconds=0.3, total_seconds=0.6))
    assert caught.value.fault is Fault.UNREADABLE_BODY


def test_a_body_that_goes_on_coming_is_waited_for() -> None:
    slow = _Arriving(*[(0.02, b"x")] * 20, (0.0, b""))
    pace = Pace(prompt_seconds=0.05, silent_seconds=10.0, total_seconds=60.0)
    assert _read(slow, 20, pace) == b"x" * 20
