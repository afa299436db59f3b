"""What the operator sees: a few lines of our own, and of the processes only warnings and errors.

Everything a process writes goes to its file under `data/logs`; see `log_files.py`. A terminal that
was closed is no error: the lines are dropped and the launcher goes on stopping.
"""

import json
import os
import re
import sys
import time
from collections.abc import Mapping
from typing import TextIO

_COLOURS = (36, 32, 35, 34, 33, 96, 92, 95, 94, 93, 91)
_RED = 31
_LOUD_LEVELS = frozenset({"warning", "error", "critical"})
_LOUD_WORDS = re.compile(
    r"\[(WARNING|ERROR|CRITICAL)\]|\b(Traceback|MemoryError)\b|^\w[\w.]*(Error|Exception|Settings)\b"
)
_LEFT_OUT = frozenset({"level", "event", "timestamp", "service", "correlation_id", "request_id"})
_ABOUT_SHARED_SERVERS = ("warning: broker_unreachable",)
_LINES_PER_WINDOW = 20
_WINDOW_SECONDS = 10.0


def worth_showing(line: str) -> str | None:
    """Give a log line as the operator reads it when it is a warning or worse, else None.

    A JSON line is judged by its level and shortened to what happened; another one by its words.
    """
    if line.startswith("{"):
        try:
            entry = json.loads(line)
            level = str(entry["level"]).lower()
        except (ValueError, KeyError):
            return line
        return _shortened(entry, level) if level in _LOUD_LEVELS else None
    return line if _LOUD_WORDS.search(line) else None


def _shortened(entry: Mapping[str, object], level: str) -> str:
    more = (f"{name}={value}" for name, value in entry.items() if name not in _LEFT_OUT)
    return " ".join((f"{level}: {entry.get('event', '')}", *more))


class Console:
    """Writes whole lines to standard output and standard error, each process in its own colour."""

    def __init__(self, out: TextIO = sys.stdout, err: TextIO = sys.stderr) -> None:
        self._out = out
        self._err = err
        self._colour_of: dict[str, int] = {}
        self._window: dict[str, tuple[float, int]] = {}
        self._said_at: dict[tuple[str, str], float] = {}

    def say(self, line: str = "") -> None:
        """Write a line of the launcher's own."""
        _write(self._out, line)

    def complain(self, line: str) -> None:
        """Write a line to standard error."""
        _write(self._err, self._painted(line, _RED, self._err))

    def show(self, process: str, line: str) -> None:
        """Write a line behind its process; what repeats or floods is only in the log file. That a
        server all of them share is away is shown once, behind the first that says so.
        """
        if self._is_repeated(process, line):
            return
        count = self._counted(process)
        if count > _LINES_PER_WINDOW + 1:
            return
        if count == _LINES_PER_WINDOW + 1:
            line = "… more of these in its log file"
        colour = self._colour_of.setdefault(process, _COLOURS[len(self._colour_of) % len(_COLOURS)])
        _write(self._out, self._painted(f"{process:<20}", colour, self._out) + " " + line)

    def _is_repeated(self, process: str, line: str) -> bool:
        now = time.monotonic()
        if line.startswith(_ABOUT_SHARED_SERVERS):
            process = ""
        self._said_at = {
            said: at for said, at in self._said_at.items() if now - at < _WINDOW_SECONDS
        }
        if (process, line) in self._said_at:
            return True
        self._said_at[process, line] = now
        return False

    def _counted(self, process: str) -> int:
        now = time.monotonic()
        began, count = self._window.get(process, (now, 0))
        if now - began > _WINDOW_SECONDS:
            began, count = now, 0
        self._window[process] = (began, count + 1)
        return count + 1

    def _painted(self, text: str, colour: int, stream: TextIO) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if stream.isatty() else text


def _write(stream: TextIO, line: str) -> None:
    try:
        stream.write(line + "\n")
        stream.flush()
    except OSError:  # the terminal or the reader of our output is gone
        _send_into_nothing(stream)


def _send_into_nothing(stream: TextIO) -> None:
    """Let the buffer be flushed somewhere: Python exits with 120 when it cannot."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
