"""What many open live streams cost: the gateway's memory, how long a hint takes from the commit,
and what others wait meanwhile.
"""

import json
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.testing.tokens import TokenMaker
from shared.testing.waiting import eventually
from tests.benchmarks.edge import busy_times, headers_of_a_client, pss_megabytes, quantile
from tests.benchmarks.load import Connection
from tests.conftest import place_of
from tests.people import MatchingClient, Therapist, nth_slot, open_therapist
from tests.running_platform import RunningPlatform

MANY, MOST = 1_000, 5_000
STREAMS_OF_ONE_ACCOUNT = 5
FIRST_ACCOUNT = 10_000_000  # nobody has these ids: a stream asks the token alone
MESSAGES = 200
PAUSE_SECONDS = 0.05
ROUNDS = 3


def live(platform: RunningPlatform) -> dict[str, object]:
    """Measure everything; the streams are opened and closed in between."""
    before = _gateway_megabytes(platform)
    told: dict[str, object] = {"streams": MANY, "most_streams": MOST}
    with _listening(platform, MANY):
        told |= _hints(platform)
    told |= _others(platform)
    with _listening(platform, MOST):
        open_megabytes = _gateway_megabytes(platform)
    told["gateway_mb_before"], told["gateway_mb_with_most"] = before, open_megabytes
    return told


def _gateway_megabytes(platform: RunningPlatform) -> int:
    return pss_megabytes({platform.processes["gateway"].pid})


def _tokens(platform: RunningPlatform) -> TokenMaker:
    """Sign with the platform's own key: thousands of accounts would take hours to open."""
    key = load_pem_private_key((platform.folder / "keys" / "signing-key.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return TokenMaker(key)


@contextmanager
def _listening(platform: RunningPlatform, count: int) -> Iterator[None]:
    """Hold open streams of so many, each read as it comes."""
    maker = _tokens(platform)
    port = urlsplit(platform.url).port
    is_over = threading.Event()
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for number in range(count):
            token = maker.token(FIRST_ACCOUNT + number // STREAMS_OF_ONE_ACCOUNT)
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            one.sendall(_request(token))
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
            selector.register(one, selectors.EVENT_READ)
        reading = threading.Thread(target=_read, args=(selector, is_over))
        reading.start()
        try:
            yield
        finally:
            is_over.set()
            reading.join()


def _request(token: str) -> bytes:
    return (
        f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )


def _read(selector: selectors.BaseSelector, is_over: threading.Event) -> None:
    while not is_over.is_set():
        for key, _ in selector.select(0.2):
            assert isinstance(key.fileobj, socket.socket)
            assert key.fileobj.recv(65536), "a stream ended"


def _hints(platform: RunningPlatform) -> dict[str, object]:
    """Measure the time from a message's answer to its hint at the recipient."""
    place = place_of(platform)
    therapist: Therapist = open_therapist(place).join(place)
    client = MatchingClient(place).register()
    assert client.choose(therapist, nth_slot(client.free_hours(therapist), 0))["status"] is True
    body = {"email": therapist.email, "password": therapist.password}
    theirs = place.call("POST", "/api/v1/login-sessions", body).json()["access_token"]
    heard: dict[int, float] = {}
    with socket.create_connection(("127.0.0.1", urlsplit(platform.url).port), timeout=60) as one:
        one.sendall(_request(theirs))
        threading.Thread(target=_hear, args=(one, heard), daemon=True).start()
        sending = Connection(
            platform.url,
            {"Authorization": f"Bearer {client.session}", "Content-Type": "application/json"},
        )
        answered = dict(_sent(sending, therapist.id) for _ in range(MESSAGES))
        eventually(lambda: answered.keys() <= heard.keys(), within_seconds=30)
        sending.close()
    times = [max(0.0, heard[number] - at) * 1000 for number, at in answered.items()]
    return {
        "hint_p50_ms": round(statistics.median(times), 1),
        "hint_p99_ms": round(quantile(times, 0.99), 1),
    }


def _sent(sending: Connection, recipient_id: int) -> tuple[int, float]:
    body = json.dumps({"recipient_id": recipient_id, "text": "good morning"}).encode()
    status, answer = sending.send("POST", "/api/v1/messages", body)
    at = time.perf_counter()
    assert status == 201, answer
    time.sleep(PAUSE_SECONDS)
    return int(json.loads(answer)["id"]), at


def _hear(one: socket.socket, heard: dict[int, float]) -> None:
    with one.makefile("rb") as lines:
        for line in lines:
            if line.startswith(b"data: ") and b"message_id" in line:
                heard.setdefault(json.loads(line[6:])["message_id"], time.perf_counter())


def _others(platform: RunningPlatform) -> dict[str, object]:
    """Measure how long busy callers wait, alone and beside open streams, in turn."""
    headers = headers_of_a_client(platform)
    times: dict[str, list[float]] = {"alone": [], "beside": []}
    for _ in range(ROUNDS):
        times["alone"] += busy_times(platform, headers)
        with _listening(platform, MANY):
            times["beside"] += busy_times(platform, headers)
    p99 = {name: quantile(found, 0.99) for name, found in times.items()}
    return {
        "others_alone_p99_ms": round(p99["alone"] * 1000, 1),
        "others_beside_p99_ms": round(p99["beside"] * 1000, 1),
        "others_p99_ratio": round(p99["beside"] / p99["alone"], 2),
    }
