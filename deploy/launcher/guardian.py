"""The process that outlives a SIGKILLed launcher, only to end what it left behind.

It reads `+<group>` and `-<group>` lines from standard input. When the other end is closed, however
the launcher ended, it kills every process group that was not taken back, grandchildren included.
Run as a plain file: it imports nothing but the standard library.
"""

import contextlib
import os
import signal
import sys

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)


def main() -> None:
    """Watch until standard input ends, then kill what is left."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            change = int(line)
            (groups.add if change > 0 else groups.discard)(abs(change))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
