"""The terminal the launcher was started from: whose Ctrl-C it is, and whether it was closed.

`make` dies of the Ctrl-C it shares with its recipe and hides the recipe's exit code. So the
launcher makes itself the terminal's foreground group while it runs: Ctrl-C reaches it alone, it
stops everything, exits 0, and so does `make`. A hang-up is noticed here too, because the kernel
tells only the session's leader, which may be a `make` that waits for us.
"""

import contextlib
import os
import select
import signal
import sys


class Terminal:
    """The controlling terminal on standard input, when there is one and we are in front."""

    def __init__(self) -> None:
        self._descriptor = sys.stdin.fileno() if _is_open_terminal() else None
        self._former_group: int | None = None

    def take_foreground(self) -> None:
        """Become the foreground group of our own; does nothing in the background or without one."""
        if self._descriptor is None:
            return
        group = os.getpgrp()
        try:
            if os.tcgetpgrp(self._descriptor) != group or group == os.getpid():
                return
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.setpgid(0, 0)
            os.tcsetpgrp(self._descriptor, os.getpgrp())
        except OSError:
            return
        self._former_group = group

    def give_back(self) -> None:
        """Hand the foreground back to whoever had it."""
        if self._former_group is not None and self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.tcsetpgrp(self._descriptor, self._former_group)

    def is_closed(self) -> bool:
        """Tell whether the terminal we were started from has been closed."""
        if self._descriptor is None:
            return False
        watcher = select.poll()
        watcher.register(self._descriptor, 0)
        return bool(watcher.poll(0))


def _is_open_terminal() -> bool:
    # Under nohup hang-ups are ignored: then the terminal is no business of ours.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return False
    try:
        return sys.stdin.isatty()
    except (ValueError, AttributeError):
        return False
