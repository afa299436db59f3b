"""The web server as processes run it: slow clients and clients that hold their sockets hold nobody
else back, and nothing they send is in its log.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.testing.ports import free_port
from shared.testing.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys, threading
from shared.gunicorn import PatientWorker, serve
from shared.logs import configure_logs

class HastyWorker(PatientWorker):
    head_seconds = float(sys.argv[2])
    transfer_seconds = float(sys.argv[2])

def application(environ, start_response):
    size = 100_000_000 if environ["PATH_INFO"] == "/large" else 2
    if environ["PATH_INFO"] == "/lingering":
        size = sum(thread.name == "lingering-close" for thread in threading.enumerate())
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("lena@mail.example")
    if environ["PATH_INFO"] == "/echo":
        environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(size))])
    return [b"o" * size]

configure_logs("probe_service", "INFO")
serve(
    lambda: application, host="127.0.0.1", port=int(sys.argv[1]), workers=1, threads=THREADS,
    worker_class=HastyWorker,
)
"""
THREADS = 4
PROGRAM = PROGRAM.replace("THREADS", str(THREADS))
CLOSING = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
LINGERING = b"GET /lingering HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
UNREAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0

    def lines(self) -> list[dict[str, object]]:
        """Give what it wrote; each line is JSON, or this fails."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextlib.contextmanager
def _started(folder: Path, seconds: float) -> Iterator[Server]:
    port = free_port()
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(port), str(seconds)],
            cwd=ROOT, stdout=out, stderr=out,
        )  # fmt: skip
    server = Server(process, port, log)
    try:
        eventually(lambda: _answers(port), within_seconds=60)
        yield server
        server.stop()
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with _started(tmp_path, 60) as started:
        yield started


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Server]:
    """Give a server that gives a head, and an answer, one second."""
    with _started(tmp_path, 1) as started:
        yield started


def _answers(port: int, within_seconds: float = 60) -> bool:
    address = ("127.0.0.1", port)
    with contextlib.suppress(OSError), socket.create_connection(address, within_seconds) as client:
        return _ask(client, CLOSING).startswith(b"HTTP/1.1 200")
    return False


def _ask(client: socket.socket, request: bytes) -> bytes:
    client.sendall(request)
    return client.recv(1000)


@pytest.mark.parametrize("request_bytes", [CLOSING, UNREAD], ids=["closing", "unread body"])
def test_clients_that_keep_a_finished_connection_open_stop_nobody(
    server: Server, request_bytes: bytes
) -> None:
    """The server answers others while it still waits for clients that hold on: at the side."""
    with contextlib.ExitStack() as held:

        def waits_for_one_while_it_answers_another() -> bool:
            client = held.enter_context(server.connect())
            assert _ask(client, request_bytes).startswith(b"HTTP/1.1 200")
            with server.connect() as other:
                return not _ask(other, LINGERING).endswith(b"Content-Length: 0\r\n\r\n")

        for _ in range(20):
            eventually(waits_for_one_while_it_answers_another, within_seconds=60)


class Trickle:
    """Connections that send a request's head byte by byte and never end it."""

    def __init__(self, server: Server, count: int) -> None:
        self.clients = [server.connect() for _ in range(count)]
        self.closed: set[int] = set()
        self._stop = threading.Event()
        for client in self.clients:
            client.setblocking(False)
            client.send(b"GET / HTTP/1.1\r\nX-Slow: ")
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Trickle":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for client in self.clients:
            client.close()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            for number, client in enumerate(self.clients):
                if number not in self.closed and self._is_closed(client):
                    self.closed.add(number)

    def _is_closed(self, client: socket.socket) -> bool:
        try:
            client.send(b"x")
            return client.recv(100) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


def test_heads_that_trickle_in_hold_no_thread_beyond_their_time(hasty: Server) -> None:
    """Twice as many as there are threads; a byte now and then kept each of them for ever before."""
    with Trickle(hasty, THREADS * 2) as trickle:
        assert _answers(hasty.port, within_seconds=60)
        eventually(lambda: len(trickle.closed) == THREADS * 2, within_seconds=60)


def test_answers_that_nobody_takes_hold_no_thread_beyond_their_time(hasty: Server) -> None:
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(hasty.connect()) for _ in range(THREADS)]
        for client in clients:
            client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1) == b"H"
        assert _answers(hasty.port, within_seconds=60)


def test_an_answer_taken_now_and_then_holds_no_thread_beyond_its_time(hasty: Server) -> None:
    """Each write makes some way here: a timeout per write would never end it."""
    with hasty.connect() as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        taken, pause = 0, threading.Event()
        while piece := _received(client, 100_000):
            taken += len(piece)
            pause.wait(0.01)
        assert 0 < taken < 100_000_000


def test_a_body_that_stays_away_holds_no_thread_beyond_its_time(hasty: Server) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(THREADS):
            client = held.enter_context(hasty.connect())
            client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        assert _answers(hasty.port, within_seconds=60)


def test_a_slow_head_within_its_time_is_answered(server: Server) -> None:
    with server.connect() as client:
        for byte in CLOSING:
            client.sendall(bytes([byte]))
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_the_time_of_a_head_begins_anew_with_every_request_of_a_connection(hasty: Server) -> None:
    with hasty.connect() as client:
        for _ in range(3):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"oo"):
                answer += client.recv(1000)
            threading.Event().wait(0.6)


def _received(client: socket.socket, most: int) -> bytes:
    try:
        return client.recv(most)
    except ConnectionResetError:
        return b""


def test_the_servers_own_lines_are_json_with_fixed_texts(server: Server) -> None:
    for request, status in (
        (b"GET / email: lena@mail.example\r\n\r\n", b"400"),
        (b"GET /\x01lena HTTP/1.1\r\n\r\n", b"400"),
        (b"LENA@ / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nlena lena: secret\r\n\r\n", b"400"),
        (b"GET /broken?lena HTTP/1.1\r\nHost: x\r\n\r\n", b"500"),
    ):
        with server.connect() as client:
            assert _ask(client, request).split(b" ")[1] == status
    server.stop()
    lines = server.lines()
    assert [line["event"] for line in lines] == ["malformed_request"] * 4 + ["request_failed"]
    assert {line["logger"] for line in lines} == {"gunicorn.error"}
    assert {line["service"] for line in lines} == {"probe_service"}
    assert lines[-1]["error_type"] == "RuntimeError"
    written = server.log.read_text(encoding="utf-8").lower()
    assert all(word not in written for word in ("lena", "secret", "127.0.0.1", "traceback"))


def test_a_taken_port_ends_the_process(server: Server) -> None:
    second = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(server.port), "60"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ,
    )  # fmt: skip
    assert second.returncode == 1
    events = {json.loads(line)["event"] for line in second.stdout.splitlines()}
    assert "address_in_use" in events
