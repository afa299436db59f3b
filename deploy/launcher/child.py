"""One process the launcher starts: a session of its own, bounded memory, its output by lines.

A child dies with the launcher in any case: of SIGTERM when it stops in order, of the kernel's
parent-death signal and of the guardian (`guardian.py`) when the launcher itself is killed.
"""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.launcher.forked import ForkedModule

_PR_SET_PDEATHSIG = 1
_READ_BYTES = 65_536
_LONGEST_LINE = 65_536
# Looked up before any fork: the child must be taken before anything else is done there.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> None:
    """Ask the kernel for `number` when the thread that started this process ends (Linux only)."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class ProcessPlan:
    """How one process is run.

    Processes of a lower `stop_stage` end before the next stage is asked to; each has
    `stop_seconds` before it is killed. `is_shown` puts its whole output on the console.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    stop_stage: int = 0
    stop_seconds: float = 3.0
    memory_megabytes: int = 0
    is_shown: bool = False


class Guardian:
    """The launcher's end of `guardian.py`; told of every group before its program is loaded."""

    def __init__(self) -> None:
        program = Path(__file__).with_name("guardian.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - for mypy: PIPE was asked for
        self._descriptor = self._process.stdin.fileno()

    def take(self, group: int) -> None:
        """Note a group to kill when the launcher is gone; called in the child, after the fork."""
        self._tell(f"+{group}\n")

    def release(self, group: int) -> None:
        """Note that nothing of the group is left."""
        self._tell(f"-{group}\n")

    def dismiss(self) -> None:
        """Let the guardian end; groups that were not released die now."""
        assert self._process.stdin is not None  # noqa: S101 - for mypy
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._descriptor, line.encode())


class Child:
    """A running process of one plan."""

    def __init__(self, plan: ProcessPlan, guardian: Guardian) -> None:
        self.plan = plan
        self._guardian = guardian
        self._rest = b""
        self.is_silent = False
        self._process = _started(plan, _beginning(plan, guardian, os.getpid()))
        os.set_blocking(self.descriptor, False)

    @property
    def group(self) -> int:
        """Give the process id, which is the id of the process group too."""
        return self._process.pid

    @property
    def descriptor(self) -> int:
        """Give the reading end of the process's output."""
        return self._process.descriptor

    def exit_code(self) -> int | None:
        """Give how the process ended (negative: the signal), or None while it runs."""
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        """Give the whole lines that can be read now; `is_silent` tells that no more will come."""
        while chunk := self._read():
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
            if len(self._rest) > _LONGEST_LINE:
                yield self._rest.decode("utf-8", "replace")
                self._rest = b""

    def last_lines(self) -> Iterator[str]:
        """Give what is left of an ended process's output, an unfinished line included."""
        yield from self.lines()
        if self._rest:
            yield self._rest.decode("utf-8", "replace")
            self._rest = b""

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process; it tells its own workers."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill_group(self) -> None:
        """Kill the process and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, signal.SIGKILL)

    def bury(self) -> None:
        """Free what an ended process leaves: stragglers of its group, its pipe, its note."""
        self.kill_group()
        self._guardian.release(self.group)
        self._process.close()

    def _read(self) -> bytes:
        try:
            chunk = os.read(self.descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        self.is_silent = not chunk
        return chunk


def _started(plan: ProcessPlan, prepare: Callable[[], None]) -> ForkedModule:
    python, minus_m, module, *arguments = plan.arguments
    if (python, minus_m) != (sys.executable, "-m"):
        message = f"{plan.name}: not a module of this Python"
        raise ValueError(message)
    return ForkedModule(module, arguments, plan.environment, prepare)


def _beginning(plan: ProcessPlan, guardian: Guardian, launcher: int) -> Callable[[], None]:
    memory_bytes = plan.memory_megabytes * 1024 * 1024

    def prepare() -> None:
        guardian.take(os.getpid())
        die_with_parent(signal.SIGKILL)
        if os.getppid() != launcher:  # it ended before the line above
            os._exit(1)
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))

    return prepare
