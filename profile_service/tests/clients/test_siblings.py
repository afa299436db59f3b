"""The clients against a real server on a socket: right answers, wrong ones, none."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from profile_service.clients.accounts import AuthAccounts
from profile_service.clients.bookings import BookingFacts
from profile_service.tests.factories import account_facts
from shared.errors import Unavailable
from shared.http.client import ServiceClient

ACCOUNT = {
    "id": 17, "email": "person17@example.org", "user_name": "anna", "first_name": "Anna",
    "last_name": "Kovács", "role": "client", "is_verified": True, "locale": "en", "version": 1,
    "country": None, "time_zone": None, "something_new": 1,
}  # fmt: skip


class Sibling:
    """Answers what it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = {}
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("X-Internal-Key")))
                body = (
                    outer.body if isinstance(outer.body, bytes) else json.dumps(outer.body).encode()
                )
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def client(self) -> ServiceClient:
        return ServiceClient("sibling", f"http://127.0.0.1:{self.server.server_port}", "k" * 32)


@pytest.fixture
def sibling() -> Iterator[Sibling]:
    made = Sibling()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_an_account_is_read_tolerantly(sibling: Sibling):
    sibling.body = ACCOUNT
    assert AuthAccounts(sibling.client).find(17) == account_facts(17)
    assert sibling.asked == [("/internal/v1/accounts/17", "k" * 32)]


def test_an_unknown_account_is_none(sibling: Sibling):
    sibling.status, sibling.body = 404, {"code": "account_not_found"}
    assert AuthAccounts(sibling.client).find(17) is None


def test_booking_is_asked_about_relations_listings_and_cards(sibling: Sibling):
    booking = BookingFacts(sibling.client)
    sibling.body = {"items": [{"client_id": 17, "practitioner_id": 42}]}
    assert booking.has_care_relation(client_id=17, practitioner_id=42)
    assert booking.has_card(17)
    sibling.body = {"items": []}
    assert not booking.has_care_relation(client_id=17, practitioner_id=42)
    assert not booking.has_card(17)
    sibling.body = {"id": 42, "is_published": True}
    assert booking.is_listed(42)
    sibling.body = {"id": 42, "is_published": False}
    assert not booking.is_listed(42)
    sibling.status = 404
    assert not booking.is_listed(42)
    assert [path for path, _key in sibling.asked] == [
        "/internal/v1/care-relations?client_id=17&practitioner_id=42",
        "/internal/v1/payment-methods?account_id=17",
    ] * 2 + ["/internal/v1/practitioners/42"] * 3


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {}), (503, {}), (401, {}), (302, {}), (200, b"{"), (200, b"[1]"), (200, b""),
     (200, b"null"), (200, b'{"items": 5}'), (200, b"[" * 1000)],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_is_no_answer(sibling: Sibling, status: int, body: Any):
    sibling.status, sibling.body = status, body
    booking = BookingFacts(sibling.client)
    with pytest.raises(Unavailable):
        AuthAccounts(sibling.client).find(17)
    with pytest.raises(Unavailable):
        booking.has_care_relation(client_id=1, practitioner_id=2)
    with pytest.raises(Unavailable):
        booking.has_card(17)


def test_a_sibling_that_is_away_is_unavailable():
    client = ServiceClient("auth", "http://127.0.0.1:9", "k" * 32)
    with pytest.raises(Unavailable):
        AuthAccounts(client).find(17)
    with pytest.raises(Unavailable):
        BookingFacts(client).is_listed(17)
