"""A small closed-loop load from threads with one kept-alive connection each, and what a process
tree costs.
"""

import http.client
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a round gave."""

    requests: int
    seconds: float
    statuses: Counter[int]

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds


class Connection:
    """One kept-alive connection."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=15
        )
        self._headers = headers

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send one request; give status and body."""
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def closed_loop(threads: int, seconds: float, make: Callable[[int], Callable[[], int]]) -> Load:
    """Run `make(thread number)()` in a loop in each thread for so long; each call gives an HTTP
    status.
    """
    statuses: Counter[int] = Counter()
    lock = threading.Lock()
    barrier = threading.Barrier(threads + 1)
    ends_at = [0.0]

    def work(number: int) -> None:
        call = make(number)
        call()
        barrier.wait()
        mine: Counter[int] = Counter()
        while time.perf_counter() < ends_at[0]:
            mine[call()] += 1
        with lock:
            statuses.update(mine)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    began = time.perf_counter()
    ends_at[0] = began + seconds
    barrier.wait()
    began = time.perf_counter()
    ends_at[0] = began + seconds
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    return Load(requests=sum(statuses.values()), seconds=took, statuses=statuses)


def cpu_seconds(group: int) -> float:
    """Give user and system time of every process in a process group, from /proc."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
