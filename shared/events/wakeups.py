"""Waking a thread of another process on the same host: a datagram to a Unix socket that stands
beside a file.

A wake-up is a hint and nothing else: it may be lost, doubled or rung for nobody, and whoever
listens also looks by itself once in a while.
"""

import contextlib
import hashlib
import os
import select
import socket
import tempfile
from pathlib import Path

_LONGEST_SOCKET_PATH = 100  # Linux allows 107 bytes, macOS 103


def socket_path(beside: Path, name: str) -> Path:
    """Give the path of the socket `name` beside a file; a shorter one in the temporary folder where
    the system would refuse it.
    """
    path = beside.resolve().with_name(f".{beside.name}.{name}.socket")
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"hearth-{digest}.socket"


def ring(path: Path) -> None:
    """Wake whoever listens at the path; do nothing when nobody does or the listener has wake-ups
    enough.
    """
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
    ):
        sender.setblocking(False)
        sender.sendto(b"!", os.fspath(path))


class SocketListener:
    """Listens at a path. The newest listener wins: it takes the place of one that died or is about
    to go.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        path.unlink(missing_ok=True)
        self._socket.bind(os.fspath(path))
        path.chmod(0o600)
        self._inode = path.stat().st_ino

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for a wake-up and swallow all that came; tell whether there was one."""
        readable, _, _ = select.select([self._socket], [], [], timeout_seconds)
        if not readable:
            return False
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(16)
        return True

    def close(self) -> None:
        """Stop listening and leave no socket behind, unless somebody else listens there by now."""
        self._socket.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
