"""`.venv` is made from the locks, only when they changed, and never half noted."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.environment import LOCKS
from deploy.tests.project import REPOSITORY

EMPTY_LOCK = "# nothing to install\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for lock in (*LOCKS["runtime"], *LOCKS["development"]):
        (tmp_path / lock).parent.mkdir(exist_ok=True)
        (tmp_path / lock).write_text(EMPTY_LOCK)
    return tmp_path


def prepare(checkout: Path, kind: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "deploy" / "environment.py"), kind],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_locks_are_installed_once_and_again_when_they_change(checkout: Path) -> None:
    first = prepare(checkout, "runtime")
    assert (first.returncode, first.stderr) == (0, "")
    making, installing = first.stdout.splitlines()
    assert making == "making .venv …"
    assert installing.startswith("installing the runtime packages into .venv")
    assert prepare(checkout, "runtime").stdout == ""

    (checkout / LOCKS["runtime"][3]).write_text(EMPTY_LOCK + "# changed\n")

    assert "installing" in prepare(checkout, "runtime").stdout
    assert prepare(checkout, "runtime").stdout == ""


def test_development_serves_running_too_but_not_the_other_way(checkout: Path) -> None:
    prepare(checkout, "runtime")

    assert "installing" in prepare(checkout, "development").stdout
    assert prepare(checkout, "development").stdout == ""
    assert prepare(checkout, "runtime").stdout == ""


def test_who_waits_for_another_installation_says_so(checkout: Path) -> None:
    prepare(checkout, "runtime")
    with (checkout / ".venv" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "deploy" / "environment.py"), "runtime"],
            cwd=checkout,
            stdout=subprocess.PIPE,
            text=True,
        )
        with waiting:
            assert waiting.stdout is not None
            said = waiting.stdout.readline()
            fcntl.flock(lock, fcntl.LOCK_UN)
            rest = waiting.stdout.read()
    assert said == "waiting for another make that installs into .venv …\n"
    assert (waiting.returncode, rest) == (0, "")


def test_a_failed_installation_is_tried_again(checkout: Path) -> None:
    lock = checkout / LOCKS["runtime"][0]
    lock.write_text("a-package-without-its-hash==1.0\n")

    failed = prepare(checkout, "runtime")

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("cannot prepare .venv: ")
    assert not list((checkout / ".venv").glob(".installed-*"))
    lock.write_text(EMPTY_LOCK)
    assert prepare(checkout, "runtime").returncode == 0


def test_a_python_that_is_too_old_is_one_clear_line(checkout: Path) -> None:
    program = (
        "import sys; sys.version_info = (3, 10, 9);"
        f"sys.path.insert(0, {str(REPOSITORY)!r});"
        "from deploy.environment import main; sys.exit(main('runtime'))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "3.11" in line
    assert not (checkout / ".venv").exists()
