"""The loop that watches processes: starts them, reads them, brings back the dead, stops all.

One thread only: it forks, and a fork beside other threads can inherit their locks. Signals and
children that end wake the loop through a socket.
"""

import contextlib
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from deploy.launcher.child import Child, Guardian, ProcessPlan
from deploy.launcher.console import Console, worth_showing
from deploy.launcher.log_files import LogFile
from deploy.launcher.terminal import Terminal

_TICK_SECONDS = 0.5
_SHORTEST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_STOP_WITHIN_SECONDS = 8.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Watched:
    """A plan the supervisor looks after: run once, or kept running."""

    def __init__(self, plan: ProcessPlan, *, is_kept: bool) -> None:
        self.plan = plan
        self.is_kept = is_kept
        self.child: Child | None = None
        self.exit_code: int | None = None
        self.started_at = 0.0
        self.starts_again_at: float | None = None
        self._pause_seconds = _SHORTEST_PAUSE

    @property
    def has_ended(self) -> bool:
        """Tell whether a process that is run once is over."""
        return self.exit_code is not None and self.child is None

    def next_pause(self, now: float) -> float:
        """Give the pause before the next start: doubled each time, short after a steady run."""
        if now - self.started_at > _STEADY_SECONDS:
            self._pause_seconds = _SHORTEST_PAUSE
        pause = self._pause_seconds
        self._pause_seconds = min(pause * 2, _LONGEST_PAUSE)
        return pause


class Supervisor:
    """Looks after the processes between `__enter__` and `__exit__`; afterwards none is left."""

    def __init__(self, console: Console, log_directory: Path, terminal: Terminal) -> None:
        self._console = console
        self._log_directory = log_directory
        self._terminal = terminal
        self._selector = selectors.DefaultSelector()
        self._watched: list[Watched] = []
        self._logs: dict[str, LogFile] = {}
        self._stop_requests = 0
        self._guardian = Guardian()
        self._waker, self._woken = socket.socketpair()

    def __enter__(self) -> "Supervisor":
        for end in (self._waker, self._woken):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # a stopped supervisor supervises nothing
        for number in _STOP_SIGNALS:
            is_nohup = number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
            if (
                not is_nohup
            ):  # shells start background jobs with SIGINT ignored; we obey it there too
                signal.signal(number, self._note_stop)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop_everything()
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._waker.close()
        self._woken.close()
        self._guardian.dismiss()
        for log in self._logs.values():
            log.close()

    @property
    def is_stopping(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._stop_requests > 0

    def run_once(self, plan: ProcessPlan) -> Watched:
        """Start a process that is expected to end."""
        return self._begin(Watched(plan, is_kept=False))

    def keep_running(self, plan: ProcessPlan) -> Watched:
        """Start a process that is brought back whenever it ends."""
        return self._begin(Watched(plan, is_kept=True))

    def watch_until(self, is_done: Callable[[], bool]) -> None:
        """Look after the processes until `is_done` or until somebody asks to stop."""
        while not is_done() and not self.is_stopping:
            self._look_once()

    def last_log_lines(self, name: str, count: int) -> list[str]:
        """Give the last lines a process wrote."""
        return self._log_of(name).last_lines(count)

    def _note_stop(self, _number: int, _frame: object) -> None:
        self._stop_requests += 1

    def _begin(self, watched: Watched) -> Watched:
        self._watched.append(watched)
        self._start(watched)
        return watched

    def _start(self, watched: Watched) -> None:
        watched.started_at = time.monotonic()
        watched.starts_again_at = None
        watched.exit_code = None
        watched.child = Child(watched.plan, self._guardian)
        self._selector.register(watched.child.descriptor, selectors.EVENT_READ, watched)

    def _look_once(self, longest_seconds: float = _TICK_SECONDS) -> None:
        for key, _events in self._selector.select(longest_seconds):
            if key.data is None:
                self._drain_waker()
            else:
                self._read(key.data)
        for watched in self._watched:
            self._notice_end(watched)
        if self._terminal.is_closed():
            self._stop_requests = max(self._stop_requests, 1)
        if not self.is_stopping:
            self._bring_back()

    def _drain_waker(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    def _read(self, watched: Watched) -> None:
        child = watched.child
        if child is None:
            return
        for line in child.lines():
            self._take_line(watched.plan, line)
        if child.is_silent:
            self._selector.unregister(child.descriptor)

    def _take_line(self, plan: ProcessPlan, line: str) -> None:
        self._log_of(plan.name).write(line)
        if plan.is_shown:
            self._console.say(line)
        elif not self.is_stopping and (shown := worth_showing(line)):
            self._console.show(plan.name, shown)

    def _log_of(self, name: str) -> LogFile:
        if name not in self._logs:
            self._logs[name] = LogFile(self._log_directory, name)
        return self._logs[name]

    def _notice_end(self, watched: Watched) -> None:
        child = watched.child
        if child is None or (code := child.exit_code()) is None:
            return
        for line in child.last_lines():
            self._take_line(watched.plan, line)
        with contextlib.suppress(KeyError):  # it may have closed its output before
            self._selector.unregister(child.descriptor)
        child.bury()
        watched.child = None
        watched.exit_code = code
        if watched.is_kept and not self.is_stopping:
            now = time.monotonic()
            pause = watched.next_pause(now)
            watched.starts_again_at = now + pause
            ending = f"ended ({_ending(code)}); it comes back in {pause:g} s"
            self._console.show(watched.plan.name, ending)

    def _bring_back(self) -> None:
        now = time.monotonic()
        for watched in self._watched:
            if watched.starts_again_at is not None and now >= watched.starts_again_at:
                self._start(watched)

    def _stop_everything(self) -> None:
        """End every process, stage by stage; a second request kills what is left at once."""
        self._stop_requests = max(self._stop_requests, 1)
        requests_before = self._stop_requests
        deadline = time.monotonic() + _STOP_WITHIN_SECONDS
        for stage in sorted({watched.plan.stop_stage for watched in self._watched}):
            running = self._running_in(stage)
            for watched in running:
                _child_of(watched).ask_to_stop()
            asked_at = time.monotonic()
            while running := [watched for watched in running if watched.child is not None]:
                now = time.monotonic()
                is_hurried = now > deadline or self._stop_requests > requests_before
                for watched in running:
                    if is_hurried or now > asked_at + watched.plan.stop_seconds:
                        _child_of(watched).kill_group()
                self._look_once(0.05)

    def _running_in(self, stage: int) -> list[Watched]:
        return [
            watched
            for watched in self._watched
            if watched.child is not None and watched.plan.stop_stage == stage
        ]


def _child_of(watched: Watched) -> Child:
    if watched.child is None:
        message = f"{watched.plan.name} does not run"
        raise RuntimeError(message)
    return watched.child


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
