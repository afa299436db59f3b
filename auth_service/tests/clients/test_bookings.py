"""Asking booking over a real socket: what it answers, and when it answers nothing useful."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auth_service.clients.bookings import BookingOverHttp
from shared.access_tokens import Identity
from shared.errors import Unavailable
from shared.http.client import ServiceClient

KEY = "k" * 40


def identity(role, account_id=7):
    return Identity(
        account_id=account_id,
        role=role,
        login_session_id="s",
        is_verified=True,
        expires_at=2**40,
        key_id="k",
    )


class StubServer(ThreadingHTTPServer):
    """Answers what the test put into `answers`, by path."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Stub)
        self.answers: dict[str, tuple[int, object]] = {}
        self.seen: list[tuple[str, str | None]] = []


class Stub(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        assert isinstance(self.server, StubServer)
        self.server.seen.append((self.path, self.headers["X-Internal-Key"]))
        status, body = self.server.answers.get(self.path, (404, {"code": "not_found"}))
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    stub = StubServer()
    thread = threading.Thread(target=stub.serve_forever, daemon=True)
    thread.start()
    yield stub
    stub.shutdown()
    stub.server_close()
    thread.join(10)


@pytest.fixture
def booking(server):
    client = ServiceClient("booking", f"http://127.0.0.1:{server.server_port}", KEY)
    yield BookingOverHttp(client)
    client.close()


def test_a_client_asks_for_their_therapists_and_a_therapist_for_their_clients(server, booking):
    relation = {"items": [{"client_id": 7, "practitioner_id": 9}]}
    server.answers["/internal/v1/care-relations?client_id=7"] = (200, relation)
    server.answers["/internal/v1/care-relations?practitioner_id=9"] = (200, relation)
    assert booking.in_care_with(identity("client", 7)) == {9}
    assert booking.in_care_with(identity("therapist", 9)) == {7}
    assert {key for _, key in server.seen} == {KEY}


def test_who_is_listed(server, booking):
    server.answers["/internal/v1/practitioners/9"] = (200, {"is_published": True})
    server.answers["/internal/v1/practitioners/10"] = (200, {"is_published": False})
    assert [booking.is_listed(each) for each in (9, 10, 11)] == [True, False, False]


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (401, {}),
        (200, b"no json"),
        (200, []),
        (200, {"items": 5}),
        (200, {"items": [5]}),
    ],
)
def test_no_useful_answer_counts_as_none(server, booking, answer):
    server.answers["/internal/v1/care-relations?client_id=7"] = answer
    with pytest.raises(Unavailable):
        booking.in_care_with(identity("client"))


def test_a_sibling_that_is_down_counts_as_none():
    client = ServiceClient("booking", "http://127.0.0.1:9", KEY)
    with pytest.raises(Unavailable):
        BookingOverHttp(client).is_listed(9)
    client.close()
