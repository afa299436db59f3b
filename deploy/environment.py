"""The virtual environment of a checkout, made by the machine's own Python before anything is there.

`python3 deploy/environment.py runtime|development` installs the locks into `.venv`, by hash, and
does nothing when they have not changed. It imports the standard library only, and must
be readable by the older Pythons it refuses.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

OLDEST_PYTHON = (3, 11)
ENVIRONMENT = Path(".venv")
PYTHON = ENVIRONMENT / "bin" / "python"
PACKAGES = (
    "gateway",
    "auth_service",
    "profile_service",
    "booking_service",
    "chat_service",
    "notification_service",
    "portal",
)
SERVICES = tuple(package for package in PACKAGES if package.endswith("_service"))
LOCKS = {
    "runtime": tuple(f"{package}/requirements.txt" for package in PACKAGES),
    "development": ("requirements-dev.txt",),
}
# Development installs everything the runtime locks name, at the same versions.
SATISFIED_BY = {"runtime": ("runtime", "development"), "development": ("development",)}


class CannotPrepare(Exception):
    """The environment cannot be made; the message is one line for the newcomer."""


def main(kind: str) -> int:
    """Bring `.venv` up to date for `kind`; give the exit code."""
    try:
        prepare(kind)
    except (CannotPrepare, OSError) as error:
        print(f"cannot prepare {ENVIRONMENT}: {error}", file=sys.stderr)
        return 1
    return 0


def prepare(kind: str) -> None:
    """Make the environment when it is missing and install the locks of `kind` when they changed.

    Raises:
        CannotPrepare: the Python is too old, or venv or pip failed; what they wrote stands above.
    """
    if sys.version_info < OLDEST_PYTHON:
        message = "Python 3.11 or newer is needed; name one with PYTHON3=/path/to/python3.11"
        raise CannotPrepare(message)
    ENVIRONMENT.mkdir(exist_ok=True)
    with (ENVIRONMENT / ".lock").open("w") as lock:
        wait_for(lock)
        make_environment()
        if not any(stamp_of(other).exists() for other in SATISFIED_BY[kind]):
            install(kind)


def wait_for(lock: TextIO) -> None:
    """Take the lock; say so when somebody else has it, because their installation takes minutes."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"waiting for another make that installs into {ENVIRONMENT} …", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def make_environment() -> None:
    """Make the environment unless its interpreter works and is new enough."""
    question = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", question], check=False).returncode == 0:
        return
    hint = "the venv module is missing or broken (on Debian: apt-get install python3-venv)"
    print(f"making {ENVIRONMENT} …", flush=True)
    run([sys.executable, "-m", "venv", str(ENVIRONMENT)], hint)


def install(kind: str) -> None:
    """Install the locks of `kind` and note it. An interrupted installation leaves no note."""
    print(f"installing the {kind} packages into {ENVIRONMENT}, locked by hash …", flush=True)
    for stale in ENVIRONMENT.glob(".installed-*"):
        stale.unlink()
    files = [word for lock in LOCKS[kind] for word in ("-r", lock)]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The lock is complete. pip is not asked to resolve: a pip of before 2023-12 takes an extra that
    # the lock names without brackets (`coverage[toml]`) for something unpinned.
    run(
        [*pip, "--no-deps", "--require-hashes", *files], "pip could not install the locked packages"
    )
    run([str(PYTHON), "-m", "pip", "check", "--quiet"], "the locked packages do not fit together")
    stamp_of(kind).touch()


def stamp_of(kind: str) -> Path:
    """Give the file that says that exactly these locks of `kind` are installed."""
    content = hashlib.sha256(os.fsencode(ENVIRONMENT.absolute()))
    for lock in LOCKS[kind]:
        content.update(Path(lock).read_bytes())
    return ENVIRONMENT / f".installed-{kind}-{content.hexdigest()[:16]}"


def run(command: list[str], complaint: str) -> None:
    """Run a command whose failure ends the preparation."""
    if subprocess.run(command, check=False).returncode != 0:
        raise CannotPrepare(complaint)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
