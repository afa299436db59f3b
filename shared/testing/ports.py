"""Ports for the processes that tests start.

They lie below those the kernel takes for outgoing connections (32768 and up on Linux), and each
test process has a range of its own: nobody takes a port between the moment it is asked for and the
moment the started process listens.
"""

import contextlib
import itertools
import os
import socket

_FIRST = 20_000
_RANGES = 60
_PORTS_OF_ONE_RANGE = 200
_offsets = itertools.count()


def free_port() -> int:
    """Give a port nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Give so many neighbouring ports nobody listens on, and none that was given before until the
    range of this process has been gone through.
    """
    first_of_all = _FIRST + os.getpid() % _RANGES * _PORTS_OF_ONE_RANGE
    for _ in range(_PORTS_OF_ONE_RANGE):
        offset = next(_offsets) % _PORTS_OF_ONE_RANGE
        wanted = range(first_of_all + offset, first_of_all + offset + count)
        if wanted.stop > first_of_all + _PORTS_OF_ONE_RANGE or not _are_free(wanted):
            continue
        for _ in range(count - 1):
            next(_offsets)
        return list(wanted)
    message = f"no {count} free ports from {first_of_all} on"
    raise AssertionError(message)


def _are_free(ports: range) -> bool:
    with contextlib.ExitStack() as stack:
        for port in ports:
            attempt = stack.enter_context(socket.socket())
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
