"""A folder with stand-in services and the repository's own Procfile, and launchers run in it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.launcher.procfile import read_procfile
from shared.testing.ports import free_ports

REPOSITORY = Path(__file__).parents[2]


def wait_until(is_true: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class Project:
    """A folder with stand-in packages and the real Procfile, and the launchers started in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        self.port = free_ports(7)[0]  # the gateway, five services and the portal beside it
        self.launchers: list[subprocess.Popen[str]] = []
        shutil.copy(REPOSITORY / "Procfile", root)
        for package in {command.package for command in read_procfile(root / "Procfile")}:
            (root / package).mkdir()
            (root / package / "__init__.py").touch()
            (root / package / "__main__.py").write_text(
                f"from deploy.tests.stand_in import main\n\nmain({package!r})\n"
            )

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return inherited | {
            "PYTHONPATH": str(REPOSITORY),
            "PORT": str(self.port),
            "DEMO": "off",
            **more,
        }

    def start(self, **more: str) -> subprocess.Popen[str]:
        return self.run([sys.executable, "-m", "deploy.launcher"], **more)

    def run(self, command: list[str], **more: str) -> subprocess.Popen[str]:
        with (self.root / "out").open("a") as out, (self.root / "err").open("a") as err:
            launcher = subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
                start_new_session=True,
            )
        self.launchers.append(launcher)
        return launcher

    def start_ready(self, **more: str) -> subprocess.Popen[str]:
        launcher = self.start(**more)
        wait_until(lambda: "\nready: " in self.output() or launcher.poll() is not None, 60)
        assert launcher.poll() is None, self.output() + self.complaints()
        return launcher

    def output(self) -> str:
        return (self.root / "out").read_text()

    def complaints(self) -> str:
        return (self.root / "err").read_text()

    def processes(self, prefix: str = "") -> list[int]:
        """Give the ids of the stand-ins (and grandchildren) of that name that are alive."""
        names = [path.name for path in (self.data / "pids").glob(f"{prefix}*")]
        return [process for name in names if is_alive(process := int(name.rpartition(".")[2]))]

    def everything_started(self) -> bool:
        return len(self.processes()) == 12 + 5  # five workers have a grandchild

    def end(self) -> None:
        for launcher in self.launchers:
            with contextlib.suppress(ProcessLookupError):
                launcher.kill()
            launcher.wait()
        for process in self.processes() if (self.data / "pids").exists() else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
