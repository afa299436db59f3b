"""Asking auth over HTTP: a stub on a real socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from booking_service.clients.accounts import AuthAccounts
from booking_service.errors import AccountNotFound
from shared.errors import Unavailable
from shared.http.client import ServiceClient
from shared.testing.tokens import INTERNAL_KEY

ANNA = {
    "id": 501,
    "email": "anna@example.com",
    "first_name": "Anna",
    "last_name": "Kovács",
    "role": "therapist",
}


class StubAuth:
    """Answers what it was told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, object]] = {}
        self.asked: list[str] = []
        self.keys: set[str | None] = set()


@pytest.fixture
def stub() -> Iterator[tuple[StubAuth, AuthAccounts]]:
    state = StubAuth()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            state.keys.add(self.headers.get("X-Internal-Key"))
            status, answer = state.answers.get(self.path, (404, {"code": "account_not_found"}))
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield state, AuthAccounts(ServiceClient("auth", url, INTERNAL_KEY))
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_account_is_asked_for_with_the_internal_key(stub: tuple[StubAuth, AuthAccounts]):
    state, accounts = stub
    state.answers["/internal/v1/accounts/501"] = (200, ANNA)

    found = accounts.account(501)

    assert (found.full_name, found.role) == ("Anna Kovács", "therapist")
    assert state.keys == {INTERNAL_KEY}


def test_nobody_under_that_id_is_not_found(stub: tuple[StubAuth, AuthAccounts]):
    with pytest.raises(AccountNotFound):
        stub[1].account(999)


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (200, b"{"), (200, []), (200, {"id": 501}), (403, {"code": "not_allowed"})],
)
def test_an_answer_that_is_not_as_agreed_means_unavailable(
    stub: tuple[StubAuth, AuthAccounts], answer: tuple[int, object]
):
    state, accounts = stub
    state.answers["/internal/v1/accounts/501"] = answer

    with pytest.raises(Unavailable):
        accounts.account(501)


def test_many_accounts_are_asked_for_in_hundreds(stub: tuple[StubAuth, AuthAccounts]):
    state, accounts = stub
    first = ",".join(str(each) for each in range(1, 101))
    state.answers[f"/internal/v1/accounts?ids={first.replace(',', '%2C')}"] = (200, {"items": []})
    state.answers["/internal/v1/accounts?ids=101%2C501"] = (200, {"items": [ANNA]})

    found = accounts.accounts([501, *range(1, 102), 501])

    assert list(found) == [501]
    assert len(state.asked) == 2


def test_a_list_of_another_shape_means_unavailable(stub: tuple[StubAuth, AuthAccounts]):
    state, accounts = stub
    state.answers["/internal/v1/accounts?ids=5"] = (200, {"accounts": []})

    with pytest.raises(Unavailable):
        accounts.accounts([5])


def test_auth_being_away_means_unavailable():
    accounts = AuthAccounts(ServiceClient("auth", "http://127.0.0.1:9", INTERNAL_KEY))

    with pytest.raises(Unavailable):
        accounts.account(1)
