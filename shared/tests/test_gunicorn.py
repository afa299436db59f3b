"""The web server as processes run it: clients that hold their sockets hold nobody else back."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.testing.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from shared.gunicorn import serve

def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]

serve(lambda: application, host="127.0.0.1", port=int(sys.argv[1]), workers=1, threads=4)
"""
CLOSING = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
UNREAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        number = int(held.getsockname()[1])
    server = subprocess.Popen([sys.executable, "-c", PROGRAM, str(number)], cwd=ROOT)
    try:
        eventually(lambda: _answers(number), within_seconds=20)
        yield number
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=40) == 0


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as client:
        return _ask(client, CLOSING).startswith(b"HTTP/1.1 200")
    return False


def _ask(client: socket.socket, request: bytes) -> bytes:
    client.settimeout(10)
    client.sendall(request)
    return client.recv(1000)


@pytest.mark.parametrize("request_bytes", [CLOSING, UNREAD], ids=["closing", "unread body"])
def test_clients_that_keep_a_finished_connection_open_stop_nobody(
    port: int, request_bytes: bytes
) -> None:
    with contextlib.ExitStack() as held:
        began = time.monotonic()
        for _ in range(20):
            client = held.enter_context(socket.create_connection(("127.0.0.1", port)))
            assert _ask(client, request_bytes).startswith(b"HTTP/1.1 200")
        assert _answers(port)
        # one such client alone cost everybody two seconds before, twenty cost forty
        assert time.monotonic() - began < 10


def test_a_taken_port_ends_the_process(port: int) -> None:
    second = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(port)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ,
    )  # fmt: skip
    assert second.returncode != 0
