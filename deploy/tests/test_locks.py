"""Every lock installs as it stands on the oldest pip, whatever newer versions the index offers.

The index is a folder of empty wheels: one of each locked version with the dependencies the real one
names, and a newer one of each beside it.
"""

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.environment import LOCKS
from deploy.tests.project import REPOSITORY

# What `python -m venv` of the first release of each Python brings; they differ in what they make of
# an extra that a lock does not name.
FIRST_PIPS = {
    (
        3,
        11,
    ): "pip==22.3 --hash=sha256:1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab",
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(.*?)\\?$", re.MULTILINE)
EVERY_LOCK = tuple(sorted({lock for locks in LOCKS.values() for lock in locks}))


def _empty_wheel(folder: Path, name: str, version: str, requires: list[str]) -> Path:
    stem = f"{name.replace('-', '_').replace('.', '_')}-{version}"
    wheel = folder / f"{stem}-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            f"{stem}.dist-info/METADATA",
            "\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires)]) + "\n",
        )
        archive.writestr(
            f"{stem}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return wheel


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Give the folder, and the hash of the empty wheel of each locked `name==version`."""
    folder, hashes = tmp_path_factory.mktemp("index"), {}
    for lock in EVERY_LOCK:
        for name, version, _marker in PIN.findall((REPOSITORY / lock).read_text()):
            if f"{name}=={version}" in hashes:
                continue
            try:
                requires = importlib.metadata.requires(name) or []
            except importlib.metadata.PackageNotFoundError:
                requires = []  # of another system: its marker keeps it away
            wheel = _empty_wheel(folder, name, version, requires)
            hashes[f"{name}=={version}"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
            major = int(re.match(r"\d+", version)[0])  # type: ignore[index] # every version begins so
            _empty_wheel(folder, name, f"{major + 1}.0", requires)
    return folder, hashes


@pytest.fixture(scope="module")
def oldest_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with the first pip this Python was delivered with."""
    folder = tmp_path_factory.mktemp("oldest") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    wanted = FIRST_PIPS.get(sys.version_info[:2])
    if wanted is not None:
        requirement = folder.parent / "pip.txt"
        requirement.write_text(wanted + "\n")
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        done = subprocess.run(
            [*pip, "--require-hashes", "-r", str(requirement)],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            reason = f"the package index cannot be reached: {done.stderr[-300:]}"
            (pytest.fail if os.environ.get("REQUIRE_SERVICES") == "1" else pytest.skip)(reason)
    return folder


@pytest.fixture
def checkout(
    tmp_path: Path, index: tuple[Path, dict[str, str]], oldest_environment: Path
) -> Callable[[str], Path]:
    """Make a folder with every lock empty but one, which asks for the empty wheels."""
    _folder, hashes = index

    def made(full: str) -> Path:
        for lock in EVERY_LOCK:
            path = tmp_path / lock
            path.parent.mkdir(exist_ok=True)
            lines = [
                f"{name}=={version}{marker.rstrip()} --hash=sha256:{hashes[f'{name}=={version}']}"
                for name, version, marker in PIN.findall((REPOSITORY / lock).read_text())
                if lock == full
            ]
            path.write_text("\n".join(lines) + "\n")
        environment = subprocess.run(
            ["cp", "-a", str(oldest_environment), str(tmp_path / ".venv")], check=False, timeout=60
        )
        assert environment.returncode == 0
        return tmp_path

    return made


def _pip_settings(index: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@pytest.mark.parametrize("lock", EVERY_LOCK)
def test_every_lock_installs_while_the_index_offers_newer_versions(
    lock: str, checkout: Callable[[str], Path], index: tuple[Path, dict[str, str]]
) -> None:
    folder = checkout(lock)
    kind = next(kind for kind, locks in LOCKS.items() if lock in locks)
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "deploy" / "environment.py"), kind],
        cwd=folder, env=_pip_settings(index[0]), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    frozen = subprocess.run(
        [".venv/bin/python", "-m", "pip", "freeze"],
        cwd=folder, env=_pip_settings(index[0]), capture_output=True, text=True, timeout=60,
        check=True,
    ).stdout  # fmt: skip
    installed = {_normal(line) for line in frozen.splitlines()}
    locked = PIN.findall((REPOSITORY / lock).read_text())
    here = {_normal(f"{name}=={version}") for name, version, marker in locked if ";" not in marker}
    assert here <= installed
    assert installed <= {_normal(f"{name}=={version}") for name, version, _marker in locked}


def test_an_older_pip_that_resolves_takes_the_newest_of_an_extra_and_refuses(
    checkout: Callable[[str], Path], index: tuple[Path, dict[str, str]]
) -> None:
    """Show that the set-up above has the fault in it."""
    if sys.version_info[:2] not in FIRST_PIPS:
        pytest.skip("the first pip of this Python does not do so")
    lock = "requirements-dev.txt"
    folder = checkout(lock)
    done = subprocess.run(
        [".venv/bin/python", "-m", "pip", "install", "--require-hashes", "-r", lock],
        cwd=folder, env=_pip_settings(index[0]), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "coverage[toml]" in done.stderr


def test_a_lock_whose_packages_do_not_fit_together_is_refused(
    checkout: Callable[[str], Path], index: tuple[Path, dict[str, str]]
) -> None:
    folder = checkout("gateway/requirements.txt")
    lock = folder / "gateway" / "requirements.txt"
    lines = [line for line in lock.read_text().splitlines() if not line.startswith("werkzeug==")]
    lock.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "deploy" / "environment.py"), "runtime"],
        cwd=folder, env=_pip_settings(index[0]), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "do not fit together" in done.stderr
    assert not list((folder / ".venv").glob(".installed-*"))


def _normal(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
