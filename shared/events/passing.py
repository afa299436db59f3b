"""Telling events, as they pass, to who listens on this host: the embedded bus's live part.

Every listener has a datagram socket in a folder beside the bus that belongs to this user alone; an
event is one datagram. Nothing is kept. A listener that takes too long misses what follows, and is
told so by an empty datagram as soon as it takes something again.
"""

import contextlib
import hashlib
import os
import secrets
import select
import socket
import stat
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.events.broker import BrokerUnavailable

WAIT_SECONDS: Final = 0.25
"""How long all events of one batch together wait for one listener."""
_NO_WAIT_SECONDS: Final = 0.0005
_MISSED: Final = b""
_BUFFER_BYTES: Final = 1024 * 1024
_LARGEST_BYTES: Final = 256 * 1024
_LONGEST_FOLDER: Final = 80  # a socket's path has 107 bytes on Linux, 103 on macOS


def listeners_folder(bus: Path) -> Path:
    """Give the folder of the listeners' sockets; one with a shorter name in the temporary folder
    where the system would refuse the sockets' paths.
    """
    folder = bus.resolve().with_name(f".{bus.name}.live")
    if len(os.fsencode(folder)) <= _LONGEST_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"hearth-{digest}.live"


class PassingTeller:
    """Tells every listener; used by one thread. Never raises, and never waits long: what passes
    here has been stored for its consumers already.
    """

    def __init__(self, bus: Path) -> None:
        self._folder = listeners_folder(bus)
        self._has_missed: set[Path] = set()

    def tell(self, bodies: Sequence[bytes]) -> None:
        """Send each body to each listener."""
        for path in self._listeners() if bodies else ():
            self._tell_one(path, bodies)

    def _listeners(self) -> list[Path]:
        if not _is_own(self._folder):
            return []
        with contextlib.suppress(OSError):
            return sorted(self._folder.iterdir())
        return []

    def _tell_one(self, path: Path, bodies: Sequence[bytes]) -> None:
        left = WAIT_SECONDS
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
                sender.connect(os.fspath(path))
                for body in (_MISSED, *bodies) if path in self._has_missed else bodies:
                    sender.settimeout(max(0.001, left))
                    begun = time.monotonic()
                    sender.send(body)
                    left -= _waited(time.monotonic() - begun)
        except (ConnectionRefusedError, FileNotFoundError):
            self._has_missed.discard(path)
            path.unlink(missing_ok=True)  # its listener is dead
        except OSError:
            self._has_missed.add(path)
        else:
            self._has_missed.discard(path)


class PassingListener:
    """Hears what passes; see `Overhearing`."""

    def __init__(self, bus: Path) -> None:
        folder = listeners_folder(bus)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_own(folder):
                raise PermissionError(folder)
            self._path = folder / f"{secrets.token_hex(8)}"
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            self._socket.bind(os.fspath(self._path))
        except OSError as error:
            message = "there is no place to listen beside the bus"
            raise BrokerUnavailable(message) from error

    def receive(self, *, limit: int, timeout_seconds: float) -> Sequence[bytes]:
        """Give what has come, up to `limit`; wait for the first one."""
        try:
            readable, _, _ = select.select([self._socket], [], [], timeout_seconds)
            heard = self._taken(limit) if readable else []
            is_there = self._path.exists()
        except (OSError, ValueError) as error:
            raise BrokerUnavailable("the socket beside the bus cannot be used") from error
        if _MISSED in heard or not is_there:
            raise BrokerUnavailable("events passed that were not heard")
        return heard

    def close(self) -> None:
        """Stop listening and leave no socket behind."""
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _taken(self, limit: int) -> list[bytes]:
        heard: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while len(heard) < limit:
                heard.append(self._socket.recv(_LARGEST_BYTES))
        return heard


def _waited(seconds: float) -> float:
    """Give how much of a sending was waiting; a batch is as long as it is."""
    return seconds if seconds > _NO_WAIT_SECONDS else 0.0


def _is_own(folder: Path) -> bool:
    """Tell whether the folder is this user's alone: nobody else may hear or tell anything there."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
    )
