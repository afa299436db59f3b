"""What `make run` takes: seconds until it is ready, on an empty folder and on one with data, and
the memory of all its processes.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.testing.ports import free_ports
from tests.benchmarks.edge import pss_of
from tests.running_platform import ROOT

STOP_SECONDS = 30
_READY = re.compile(r"^ready: .* \(after ([0-9.]+) s\)$")


def start() -> dict[str, object]:
    """Start the whole platform twice below one folder."""
    with tempfile.TemporaryDirectory(prefix="hearth-start-") as folder:
        told: dict[str, object] = {}
        for name in ("empty", "with_data"):
            with _launched(Path(folder) / "data") as (launcher, seconds):
                processes = list(_descendants(launcher))
                told[f"ready_{name}_seconds"] = seconds
                told[f"pss_{name}_mb"] = round(sum(map(pss_of, processes)) / 1024)
                told["processes"] = len(processes)
        return told


@contextmanager
def _launched(data: Path) -> Iterator[tuple[int, float]]:
    port = free_ports(1)[0]
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.launcher"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PORT": str(port),
            "DATA_DIR": str(data),
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        found = next(filter(None, (_READY.match(line.strip()) for line in process.stdout)), None)
        assert found is not None, "the launcher ended before it was ready"
        yield process.pid, float(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)
        process.stdout.close()


def _descendants(root: int) -> Iterator[int]:
    """Give a process and all that come of it."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children[parent].append(int(entry.name))
    waiting = [root]
    while waiting:
        process = waiting.pop()
        yield process
        waiting.extend(children[process])
