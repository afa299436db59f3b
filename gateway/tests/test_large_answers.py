"""Large answers pass through in pieces: whole where both sides do as they should, visibly broken
where one does not, and never at the cost of others.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from gateway.tests.driving import port_of, served
from gateway.tests.stub_services import StubService
from gateway.upstreams import Patience
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import eventually

LARGE = bytes(range(256)) * 4096 * 3  # 3 MiB
BEGINNING = 400_000
SECONDS = 20.0
PATH = "/api/v1/stages"
OLD_PATH = "/users/profile_picture/7/"


def sized(content: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def chunked(content: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [content[start : start + 50_000] for start in range(0, len(content), 50_000)]
    return head + b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"


@dataclass
class RawService:
    """A service that sends given bytes, stops after some of them until told to go on, and may
    break off there.
    """

    answer: bytes = b""
    pause_at: int | None = None
    breaks_off: bool = False
    goes_on: threading.Event = field(default_factory=threading.Event)
    sent_whole: int = 0
    left_early: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.breaks_off = True
        self.goes_on.set()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with closing(connection):
            while self._asked(connection):
                try:
                    if not self._answered(connection):
                        return
                except OSError:
                    self.left_early += 1
                    return

    def _asked(self, connection: socket.socket) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                return False
            if not piece:
                return False
            received += piece
        return True

    def _answered(self, connection: socket.socket) -> bool:
        connection.sendall(self.answer[: self.pause_at])
        if self.pause_at is not None:
            if not self.goes_on.wait(SECONDS) or self.breaks_off:
                return False
            connection.sendall(self.answer[self.pause_at :])
        self.sent_whole += 1
        return True


@pytest.fixture
def service() -> Iterator[RawService]:
    made = RawService()
    yield made
    made.close()


@pytest.fixture
def port(environment: dict[str, str], service: RawService) -> Iterator[int]:
    """Run a gateway that lets four calls to a service be under way."""
    settings = Settings.from_env(
        {**environment, "CHAT_URL": service.url, "PROFILE_URL": service.url}
    )
    patience = Patience(concurrent_calls=4, waiting_calls=0, wait_for_permit_seconds=0.1)
    gateway = create_app(settings, patience=patience)
    with served(gateway) as server:
        eventually(lambda: gateway.parts.keeper.has_loaded)
        yield port_of(server)


@contextmanager
def asking(
    port: int,
    *headers: str,
    method: str = "GET",
    path: str = PATH,
    version: str = "1.1",
    takes_bytes: int = 0,
) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if takes_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes_bytes)
        connection.settimeout(SECONDS)
        connection.connect(("127.0.0.1", port))
        head = [f"{method} {path} HTTP/{version}", "Host: x", *headers, "", ""]
        connection.sendall("\r\n".join(head).encode())
        yield connection


def received(connection: socket.socket, least: int = 2**40) -> bytes:
    """Read until the other side closes, or at least so many bytes have come."""
    found = bytearray()
    while len(found) < least:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        found += piece
    return bytes(found)


def parted(answer: bytes) -> tuple[int, bytes, bytes]:
    """Give status, head in lower case, and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.lower(), body


def unchunked(body: bytes) -> tuple[bytes, bool]:
    """Give the content of a chunked body, and whether it came to its end."""
    content = bytearray()
    while body:
        size_text, _, body = body.partition(b"\r\n")
        size = int(size_text, 16)
        if size == 0:
            return bytes(content), body == b"\r\n"
        content += body[:size]
        body = body[size + 2 :]
    return bytes(content), False


CLOSE = "Connection: close"


def test_a_large_answer_comes_whole_and_with_its_length(port: int, service: RawService) -> None:
    service.answer = sized(LARGE)
    with asking(port, CLOSE) as connection:
        status, head, body = parted(received(connection))
    assert (status, body) == (200, LARGE)
    assert f"content-length: {len(LARGE)}".encode() in head
    assert b"transfer-encoding" not in head
    assert b"content-type: image/png" in head


def test_its_beginning_does_not_wait_for_its_end(port: int, service: RawService) -> None:
    service.answer, service.pause_at = sized(LARGE), BEGINNING
    with asking(port, CLOSE) as connection:
        beginning = received(connection, least=BEGINNING - 1000)
        assert not service.goes_on.is_set()
        service.goes_on.set()
        assert parted(beginning + received(connection))[2] == LARGE


def test_an_answer_of_unknown_length_is_chunked(port: int, service: RawService) -> None:
    service.answer = chunked(LARGE)
    with asking(port, CLOSE) as connection:
        status, head, body = parted(received(connection))
    assert (status, unchunked(body)) == (200, (LARGE, True))
    assert b"transfer-encoding: chunked" in head
    assert b"content-length" not in head


def test_an_old_client_gets_it_until_the_connection_ends(port: int, service: RawService) -> None:
    service.answer = chunked(LARGE)
    with asking(port, version="1.0") as connection:
        status, head, body = parted(received(connection))
    assert (status, body) == (200, LARGE)
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head


def test_another_request_follows_on_the_same_connection(port: int, service: RawService) -> None:
    service.answer = chunked(LARGE)
    with asking(port) as connection:
        first = received(connection, least=len(LARGE) + 300)
        while not first.endswith(b"0\r\n\r\n"):
            first += connection.recv(65536)
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n{CLOSE}\r\n\r\n".encode())
        assert unchunked(parted(received(connection))[2]) == (LARGE, True)


def test_head_announces_it_and_brings_nothing(port: int, service: RawService) -> None:
    service.answer = sized(LARGE)[: -len(LARGE)]
    with asking(port, CLOSE, method="HEAD") as connection:
        status, head, body = parted(received(connection))
    assert (status, body) == (200, b"")
    assert f"content-length: {len(LARGE)}".encode() in head


def test_an_old_url_passes_a_large_picture_on_as_it_comes(
    port: int, service: RawService, token_maker: TokenMaker
) -> None:
    service.answer, service.pause_at = sized(LARGE), BEGINNING
    token = f"Authorization: Token {token_maker.token()}"
    with asking(port, CLOSE, token, path=OLD_PATH) as connection:
        beginning = received(connection, least=BEGINNING - 1000)
        assert not service.goes_on.is_set()
        service.goes_on.set()
        status, head, body = parted(beginning + received(connection))
    assert (status, body) == (200, LARGE)
    assert f"content-length: {len(LARGE)}".encode() in head
    assert b"content-type: image/jpeg" in head
    assert b"deprecation" in head


@pytest.mark.parametrize("status", [404, 500])
def test_an_old_url_keeps_no_place_for_a_refusal_however_large(
    status: int, port: int, service: RawService, token_maker: TokenMaker
) -> None:
    service.answer = sized(LARGE).replace(b"200 OK", b"%d No" % status)
    token = f"Authorization: Token {token_maker.token()}"
    for _ in range(20):
        with asking(port, CLOSE, token, path=OLD_PATH) as connection:
            answered, _, body = parted(received(connection))
        assert answered == status
        assert len(body) < 1000
    service.answer = sized(LARGE)
    with asking(port, CLOSE, token, path=OLD_PATH) as connection:
        assert parted(received(connection))[2] == LARGE


@pytest.mark.parametrize("spelled", [sized, chunked])
def test_one_that_breaks_off_is_seen_to(
    spelled: Callable[[bytes], bytes], port: int, service: RawService
) -> None:
    """And costs no place at the service: five times as often as there are places."""
    service.answer, service.pause_at, service.breaks_off = spelled(LARGE), BEGINNING, True
    service.goes_on.set()
    for _ in range(20):
        with asking(port) as connection:
            status, head, body = parted(received(connection))
        assert status == 200
        if b"transfer-encoding" in head:
            assert not unchunked(body)[1]
        assert len(body) < len(LARGE)
    service.answer, service.pause_at = sized(LARGE), None
    with asking(port, CLOSE) as connection:
        assert parted(received(connection))[2] == LARGE


def test_a_caller_that_goes_gives_the_place_back(port: int, service: RawService) -> None:
    service.answer, service.pause_at = sized(LARGE), BEGINNING
    for _ in range(8):
        with asking(port) as connection:
            assert received(connection, least=1000)
        eventually(lambda: is_free(port, service), within_seconds=SECONDS)


def is_free(port: int, service: RawService) -> bool:
    """Tell whether four calls find a place."""
    with (
        asking(port) as one,
        asking(port) as another,
        asking(port) as third,
        asking(port) as fourth,
    ):
        places = [received(each, least=12)[9:12] for each in (one, another, third, fourth)]
    return places == [b"200"] * 4


def test_readers_that_take_nothing_keep_no_place_at_the_service(
    port: int, service: RawService
) -> None:
    service.answer = sized(LARGE)
    with (
        asking(port, takes_bytes=4096),
        asking(port, takes_bytes=4096),
        asking(port, takes_bytes=4096),
        asking(port, takes_bytes=4096),
    ):
        eventually(lambda: service.sent_whole == 4, within_seconds=SECONDS)
        eventually(lambda: is_free(port, service), within_seconds=SECONDS)


def test_what_is_read_ahead_is_bounded_and_a_reader_that_takes_gets_all(
    environment: dict[str, str], service: RawService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.upstreams.ReadAhead.__init__.__defaults__", (500_000,))
    service.answer = sized(LARGE * 2)
    settings = Settings.from_env({**environment, "CHAT_URL": service.url})
    gateway = create_app(settings)
    with served(gateway) as server:
        with asking(port_of(server), takes_bytes=4096) as silent:
            received(silent, least=10)
            with asking(port_of(server), CLOSE) as connection:
                assert parted(received(connection))[2] == LARGE * 2
            ahead = gateway.parts.upstreams["chat"]._ahead
            assert -600_000 < ahead._room <= 0
        eventually(lambda: ahead._room == 500_000, within_seconds=SECONDS)


def test_more_than_eight_mebibytes_are_refused_or_broken_off(
    port: int, service: RawService
) -> None:
    service.answer = sized(LARGE * 3)
    with asking(port, CLOSE) as connection:
        assert parted(received(connection))[0] == 503
    service.answer = chunked(LARGE * 3)
    with asking(port) as connection:
        assert not unchunked(parted(received(connection))[2])[1]


def test_a_reader_that_takes_hardly_anything_is_let_go(
    environment: dict[str, str], service: RawService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.SILENT_READER_SECONDS", 0.5)
    monkeypatch.setattr("gateway.server.LOOK_EVERY_SECONDS", 0.02)
    service.answer = sized(LARGE * 2)
    settings = Settings.from_env({**environment, "CHAT_URL": service.url})
    with (
        served(create_app(settings)) as server,
        asking(port_of(server), takes_bytes=4096) as connection,
    ):
        taken = 0

        def is_let_go() -> bool:
            nonlocal taken
            taken += len(connection.recv(16))
            return not server.connections

        eventually(is_let_go, within_seconds=SECONDS, every=0.02)
        assert taken < 100_000


def test_a_stub_answer_below_the_size_comes_as_ever(
    environment: dict[str, str], services: dict[str, StubService]
) -> None:
    with (
        served(create_app(Settings.from_env(environment))) as server,
        asking(port_of(server), CLOSE) as connection,
    ):
        assert parted(received(connection))[2] == b"{}"
