"""A stand-in for every package of the Procfile: what the launcher needs of a service, no more.

`web` answers `/readyz` on PORT, `worker` waits with a grandchild, `migrate` leaves a mark.
Every process notes its id below `DATA_DIR/pids`. STAND_IN_STUBBORN and STAND_IN_BROKEN name
`<package>:<role>` pairs that ignore SIGTERM, or fail.
"""

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"status": "ready"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


def note_process(name: str, process: int) -> None:
    directory = Path(os.environ["DATA_DIR"]) / "pids"
    directory.mkdir(exist_ok=True)
    (directory / f"{name}.{process}").touch()


def main(package: str) -> None:
    role = sys.argv[1]
    name = f"{package}:{role}"
    note_process(name, os.getpid())
    if name in os.environ.get("STAND_IN_BROKEN", "").split():
        sys.exit(f"{name} is broken on purpose")
    if name in os.environ.get("STAND_IN_STUBBORN", "").split():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(json.dumps({"level": "info", "event": f"{name} quiet line"}), flush=True)
    print(json.dumps({"level": "warning", "event": f"{name} loud line"}), flush=True)
    if role == "migrate":
        (Path(os.environ["DATA_DIR"]) / f"{package}.migrated").touch()
    elif role == "web":
        ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
    else:
        grandchild = subprocess.Popen(["sleep", "600"])
        note_process(f"{name}:grandchild", grandchild.pid)
        signal.pause()
