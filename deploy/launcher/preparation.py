"""What must hold before a process is started: a data folder of our own, free ports, keys."""

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.launcher.refusals import AlreadyRunning, DataFolderUnusable, PortTaken
from shared.keys import PrivateKeyLost, make_development_keys

_LOCK = ".lock"
_DEMO_PENDING = ".demo-data-pending"


@contextmanager
def own_data_folder(directory: Path) -> Iterator[None]:
    """Hold the data folder for this launcher alone, making it when it is not there.

    A folder that was empty is marked: it still has to get the demo data.

    Raises:
        DataFolderUnusable: it cannot be made or written.
        AlreadyRunning: another launcher holds it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        is_new = not any(directory.iterdir())
        lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        message = f"the data folder {directory} cannot be written: {error.strerror}"
        raise DataFolderUnusable(message) from error
    try:
        _lock_or_refuse(lock, directory)
        if is_new:
            _touch(directory / _DEMO_PENDING)
        yield
    finally:
        os.close(lock)


def is_demo_data_pending(directory: Path) -> bool:
    """Tell whether the data folder was empty at its first start and has no demo data yet."""
    return (directory / _DEMO_PENDING).exists()


def note_demo_data_loaded(directory: Path) -> None:
    """Take the mark of an empty data folder away."""
    (directory / _DEMO_PENDING).unlink(missing_ok=True)


def require_free_ports(wanted: Iterable[tuple[str, str, int]]) -> None:
    """Check (process, host, port) triples before anything is started.

    Raises:
        PortTaken: another program listens on one of them.
    """
    for process, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((host, port))
            except OSError as error:
                message = (
                    f"port {port}, which {process} needs, cannot be used: {error.strerror};"
                    " choose others with `make run PORT=…` (the others take the six after it)"
                )
                raise PortTaken(message) from error


def make_keys(directory: Path) -> None:
    """Write the development keys that are missing below the data folder.

    Raises:
        DataFolderUnusable: they cannot be written, or a private key has been lost.
    """
    try:
        make_development_keys(directory / "keys")
    except PrivateKeyLost as error:
        raise DataFolderUnusable(str(error)) from error
    except OSError as error:
        message = f"the keys in {directory / 'keys'} cannot be written: {error.strerror}"
        raise DataFolderUnusable(message) from error


def _lock_or_refuse(lock: int, directory: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        process = os.read(lock, 20).decode("ascii", "replace").strip() or "unknown"
        message = f"Hearth already runs on the data folder {directory} (process {process})"
        raise AlreadyRunning(message) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())


def _touch(path: Path) -> None:
    try:
        path.touch()
    except OSError as error:
        message = f"the data folder {path.parent} cannot be written: {error.strerror}"
        raise DataFolderUnusable(message) from error
