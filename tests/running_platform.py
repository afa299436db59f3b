"""Starts the platform as real processes on free ports, from the one list of process commands
(Procfile).

Each process is started, stopped, frozen and killed on its own, which is what journeys and drills
need.
"""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests

from shared.testing.ports import free_ports
from tests.mailboxes import FolderMailbox

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("auth", "profile", "booking", "chat", "notification")
PORTAL = "portal"
ADMIN_EMAIL = "admin@hearth.example"
ADMIN_PASSWORD = "a long admin password 1"
READY_SECONDS = 100


def procfile() -> dict[str, list[str]]:
    """Read the list of process commands; `python` becomes this interpreter."""
    commands = {}
    for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, command = line.partition(":")
            words = shlex.split(command)
            commands[name.strip()] = [sys.executable if w == "python" else w for w in words]
    return commands


class RunningPlatform:
    """The platform below one folder. `where` names databases, broker and Redis by settings
    alone.
    """

    def __init__(
        self,
        folder: Path,
        where: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.commands = procfile()
        ports = free_ports(len(SERVICES) + 2)
        self.port = ports[0]
        self.service_ports = dict(zip((*SERVICES, PORTAL), ports[1:], strict=True))
        self.url = f"http://127.0.0.1:{self.port}"
        self.mailbox = FolderMailbox(folder / "mailbox")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
            "HEARTH_ENV": "development",
            "DATA_DIR": str(folder),
            "PUBLIC_URL": self.url,
            "RATE_LIMIT_SCALE": "1000",
            "GATEWAY_URL": self.url,
            **{f"{name.upper()}_URL": self.service_url(name) for name in self.service_ports},
            **(where or {}),
            **(more or {}),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def service_url(self, service: str) -> str:
        """Give the address of one service or the portal, which only tests and siblings may know."""
        return f"http://127.0.0.1:{self.service_ports[service]}"

    def prepare(self) -> None:
        """Make keys, migrate all five databases, make the first admin."""
        self.run("shared.keys", "make", "--directory", str(self.folder / "keys"))
        threads = [
            threading.Thread(target=self.run, args=(f"{name}_service", "migrate"))
            for name in SERVICES
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.make_admin(ADMIN_EMAIL)

    def make_admin(self, email: str) -> None:
        """Make an admin as operators do, with the password of the first one."""
        password_file = self.folder / "admin-password"
        password_file.write_text(ADMIN_PASSWORD, encoding="utf-8")
        self.run(
            "auth_service", "create-admin", "--email", email, "--password-file", str(password_file)
        )

    def run(self, *module_and_arguments: str) -> str:
        """Run `python -m …` with the platform's settings; give what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *module_and_arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{module_and_arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, names: Iterable[str] | None = None, *, wait: bool = True) -> None:
        """Start processes by their names in the Procfile (all by default) and wait until ready."""
        for name in self.commands if names is None else names:
            assert name not in self.processes, f"{name} runs already"
            environment = dict(self.environment)
            if name == "gateway":
                environment["PORT"] = str(self.port)
            elif name == PORTAL or name.endswith("-web"):
                environment["PORT"] = str(self.service_ports[name.removesuffix("-web")])
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                self.commands[name], cwd=ROOT, env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            log.close()
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Ask `/readyz` until the gateway and every service say ready; while a worker was left out
        or stopped, until nothing else is amiss.
        """
        deadline = time.monotonic() + READY_SECONDS
        last: object = None
        pause = threading.Event()
        while time.monotonic() < deadline:
            try:
                answer = requests.get(f"{self.url}/readyz", timeout=5)
                last = answer.text
                if answer.status_code == 200 and self._has_what_it_can_have(answer.json()):
                    return
            except requests.RequestException as error:
                last = error
            pause.wait(0.1)
        message = f"not ready within {READY_SECONDS} s: {last}\n{self.log_tails()}"
        raise AssertionError(message)

    def _has_what_it_can_have(self, readiness: Mapping[str, Any]) -> bool:
        without_worker = {name for name in SERVICES if f"{name}-worker" not in self.processes}
        return all(
            word == "ready" or (word == "degraded" and name in without_worker)
            for name, word in readiness["services"].items()
        )

    def stop(self, *names: str, with_signal: int = signal.SIGTERM) -> None:
        """End processes and wait; SIGKILL ends the whole process group, as a crash would."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            if process.poll() is None:
                os.killpg(process.pid, with_signal)
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=10)
                raise

    def kill(self, *names: str) -> None:
        """End processes by SIGKILL."""
        self.stop(*names, with_signal=signal.SIGKILL)

    def restart(self, *names: str) -> None:
        """Stop and start."""
        self.stop(*names)
        self.start(names)

    def freeze(self, name: str) -> None:
        """Make a process hang."""
        os.killpg(self.processes[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        os.killpg(self.processes[name].pid, signal.SIGCONT)

    @property
    def workers(self) -> list[str]:
        """Give the names of every worker process."""
        return [name for name in self.commands if name.endswith("-worker")]

    def log_text(self) -> str:
        """Give everything every process printed."""
        return "".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(self.folder.glob("*.log"))
        )

    def log_tails(self) -> str:
        """Give the last lines of every log, for a failure's message."""
        return "\n".join(
            f"--- {path.name}\n"
            + "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
            for path in sorted(self.folder.glob("*.log"))
        )

    def close(self) -> None:
        """End everything that still runs."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGCONT)
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=10)
        self.processes.clear()
