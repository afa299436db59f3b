"""The guarded client against a real socket: timeouts, refusals, no cookies, the breaker."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask, g

from shared.access_tokens import Identity
from shared.errors import Unavailable
from shared.http.client import ServiceClient
from shared.logs import correlation
from shared.testing.waiting import at_the_same_time, eventually


class _Sibling(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: _Server = self.server  # type: ignore[assignment]
        server.seen.append((self.path, dict(self.headers)))
        if self.path == "/slow":
            server.let_go.wait()
        status = {"/gone": 404, "/broken": 500}.get(self.path.partition("?")[0], 200)
        body = b"not json" if self.path == "/nonsense" else json.dumps({"code": "x"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "person=first; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Sibling)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.let_go = threading.Event()


@pytest.fixture
def sibling() -> Iterator[_Server]:
    server = _Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(sibling: _Server) -> Iterator[ServiceClient]:
    made = ServiceClient(
        "sibling", f"http://127.0.0.1:{sibling.server_port}", "key", read_seconds=0.3
    )
    yield made
    made.close()


def test_an_answer_comes_with_status_and_json(client: ServiceClient, sibling: _Server) -> None:
    with correlation("request-1"):
        answer = client.get("/things", {"id": 5}, token="t")
    assert (answer.status, answer.is_success, answer.json) == (200, True, {"code": "x"})
    path, headers = sibling.seen[0]
    assert path == "/things?id=5"
    assert headers["X-Internal-Key"] == "key"
    assert headers["X-Request-ID"] == "request-1"
    assert headers["Authorization"] == "Bearer t"


def test_a_refusal_is_an_answer_and_keeps_its_code(client: ServiceClient) -> None:
    answer = client.get("/gone")
    assert (answer.status, answer.is_success, answer.code) == (404, False, "x")


def test_one_persons_cookie_is_never_sent_on(client: ServiceClient, sibling: _Server) -> None:
    client.get("/first")
    client.get("/second")
    assert "Cookie" not in sibling.seen[1][1]


@pytest.mark.parametrize("path", ["/slow", "/broken", "/nonsense"])
def test_what_is_slow_broken_or_nonsense_is_unavailable(
    client: ServiceClient, sibling: _Server, path: str
) -> None:
    with pytest.raises(Unavailable):
        client.get(path)
    assert not sibling.let_go.is_set(), "a slow one is given up, not waited for"


def test_the_breaker_spares_a_broken_sibling_and_lets_it_come_back(
    client: ServiceClient, sibling: _Server
) -> None:
    for _ in range(8):
        with pytest.raises(Unavailable):
            client.get("/broken")
    assert len(sibling.seen) == 5, "after five failures nobody is asked"
    assert client.get("/things").is_success, "another operation is asked all the same"
    assert len(sibling.seen) == 6


def _ask_as(client: ServiceClient, account_id: int, path: str) -> None:
    identity = Identity(
        account_id=account_id,
        role="client",
        login_session_id="s",
        is_verified=True,
        expires_at=0,
        key_id="k",
    )
    with Flask("asking").test_request_context():
        g.identity = identity
        with pytest.raises(Unavailable):
            client.get(path)


def test_one_callers_own_timeouts_open_no_breaker(client: ServiceClient, sibling: _Server) -> None:
    for _ in range(6):
        _ask_as(client, 5, "/slow")
    assert len(sibling.seen) == 6, "it may be what that caller asks for"
    for account_id in range(6, 16):
        _ask_as(client, account_id, "/slow")
    assert len(sibling.seen) == 13, "when most are others', it is the sibling"


def test_nobody_there_is_unavailable() -> None:
    client = ServiceClient("nobody", "http://127.0.0.1:9", "key")
    with pytest.raises(Unavailable):
        client.get("/things")
    client.close()


def test_calls_run_at_the_same_time(sibling: _Server) -> None:
    client = ServiceClient(
        "sibling", f"http://127.0.0.1:{sibling.server_port}", "key", read_seconds=10
    )

    def ask() -> int:
        status = client.get("/slow").status
        client.close()
        return status

    def let_go_when_all_have_come() -> int:
        eventually(lambda: len(sibling.seen) == 5)
        sibling.let_go.set()
        return 200

    assert at_the_same_time([ask] * 5 + [let_go_when_all_have_come]) == [200] * 6
