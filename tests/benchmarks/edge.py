"""What the old URLs cost everything that serves them, what a crowd of silent connections does to
others, and what memory a process has.
"""

import re
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.load import Connection, closed_loop, cpu_seconds
from tests.benchmarks.peers import Peer
from tests.conftest import place_of
from tests.people import WellbeingClient
from tests.running_platform import RunningPlatform

OLD_URLS = {"my_profile": "/users/my_profile/", "settings": "/users/settings/"}
CONNECTIONS = 16
ROUND_SECONDS = 3.0
ROUNDS = 3
SILENT = 500  # idle ones, and as many whose head never ends
_HALF_HEAD = b"GET /api/v1/stages HTTP/1.1\r\nHost: x\r\nX-Half: "
_IDLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def old_urls(platform: RunningPlatform, peer: Peer) -> dict[str, object]:
    """Measure reads of the wellbeing front end, here and at the monolith in turn: how many a
    second, and the CPU of all processes that serve (a database server's is in neither).
    """
    found: dict[str, object] = {}
    for name, path in OLD_URLS.items():
        served = {
            "hearth": Reader(
                url=f"{platform.url}{path}",
                headers=headers_of_a_client(platform),
                groups=[process.pid for process in platform.processes.values()],
            ),
            "monolith": Reader(
                url=f"{peer.url}{path}",
                headers={"Authorization": f"Token {peer.tokens[0]}"},
                groups=[peer.group],
            ),
        }
        for _ in range(ROUNDS):
            for reader in served.values():
                reader.read()
        hearth, monolith = served["hearth"], served["monolith"]
        found[name] = {
            "hearth": hearth.told(),
            "monolith": monolith.told(),
            "cpu_to_monolith": round(hearth.cost / monolith.cost, 2),
            "rate_to_monolith": round(hearth.rate / monolith.rate, 2),
        }
    return found


@dataclass(kw_only=True)
class Reader:
    """Reads one URL again and again and notes rates and costs."""

    url: str
    headers: dict[str, str]
    groups: list[int]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def read(self) -> None:
        """Read for one round."""
        before = sum(map(cpu_seconds, self.groups))
        path = urlsplit(self.url).path

        def make(_number: int):
            connection = Connection(self.url, self.headers)
            return lambda: connection.send("GET", path)[0]

        load = closed_loop(CONNECTIONS, ROUND_SECONDS, make)
        assert set(load.statuses) == {200}, load.statuses
        self.rates.append(load.per_second)
        self.costs.append((sum(map(cpu_seconds, self.groups)) - before) / load.requests)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        """Seconds of CPU a request."""
        return statistics.median(self.costs)

    def told(self) -> dict[str, float]:
        """Give both, rounded."""
        return {
            "per_second": round(self.rate, 1),
            "cpu_ms_per_request": round(self.cost * 1000, 3),
        }


def crowd(platform: RunningPlatform) -> dict[str, object]:
    """Measure how long busy callers wait, alone and beside a crowd that says nothing, in turn."""
    headers = headers_of_a_client(platform)
    times: dict[str, list[float]] = {"alone": [], "beside": []}
    for _ in range(ROUNDS):
        times["alone"] += busy_times(platform, headers)
        with _silent(platform):
            times["beside"] += busy_times(platform, headers)
    told: dict[str, object] = {"silent": 2 * SILENT}
    p99 = {name: quantile(found, 0.99) for name, found in times.items()}
    for name, found in times.items():
        told[f"{name}_p50_ms"] = round(quantile(found, 0.5) * 1000, 1)
        told[f"{name}_p99_ms"] = round(p99[name] * 1000, 1)
    told["p99_ratio"] = round(p99["beside"] / p99["alone"], 2)
    return told


def pss_megabytes(groups: set[int]) -> int:
    """Add up the memory of process groups; what several processes share counts once (PSS)."""
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return round(sum(pss_of(each) for each in found if _group_of(each) in groups) / 1024)


def pss_of(process: int) -> int:
    """Give a process's memory in kB, and nothing of one that has ended."""
    try:
        found = _PSS.search(Path(f"/proc/{process}/smaps_rollup").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _group_of(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[2])
    except OSError:
        return 0


def headers_of_a_client(platform: RunningPlatform) -> dict[str, str]:
    """Give what a new client of the wellbeing front end sends."""
    client = WellbeingClient(place_of(platform)).join()
    return {"Authorization": f"Token {client.token}"}


def busy_times(platform: RunningPlatform, headers: dict[str, str]) -> list[float]:
    """Give how long each read of busy callers took, in seconds."""
    times: list[float] = []
    lock = threading.Lock()

    def make(_number: int):
        connection = Connection(platform.url, headers)

        def call() -> int:
            began = time.perf_counter()
            status = connection.send("GET", OLD_URLS["settings"])[0]
            with lock:
                times.append(time.perf_counter() - began)
            return status

        return call

    load = closed_loop(CONNECTIONS, ROUND_SECONDS, make)
    assert set(load.statuses) == {200}, load.statuses
    return times


@contextmanager
def _silent(platform: RunningPlatform) -> Iterator[None]:
    port = urlsplit(platform.url).port
    with ExitStack() as stack:
        for number in range(2 * SILENT):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            one.sendall(_HALF_HEAD if number % 2 else _IDLE)
        yield


def quantile(found: list[float], share: float) -> float:
    """Give the value below which this share of the values lies."""
    return sorted(found)[int(len(found) * share)]
