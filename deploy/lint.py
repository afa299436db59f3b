"""The checks of `make lint` that need more than one command: dependencies and container files.

`python -m deploy.lint dependencies` asks deptry about every package with its own `requirements.in`;
`containers` runs hadolint on the Dockerfiles and dclint, through npx, on the compose files. Where
nothing may be left out (CI or REQUIRE_SERVICES=1) a checker that is not here is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.environment import PACKAGES

_BIN = Path(sys.executable).parent
_CHASSIS = tuple(sorted(str(path) for path in Path("shared").glob("requirements*.in")))
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
# Loaded by name and never imported there: the driver behind postgresql://, the time zones' data,
# and what gunicorn names its processes with.
_LOADED_BY_NAME = ("psycopg", "setproctitle", "tzdata")
# The chassis imports it only where REDIS_URL is set; those who set it name it themselves.
_OPTIONAL = "redis"
# The newest that runs on Node 18, which Debian 12 brings.
_DCLINT = "dclint@2.2.2"
_COMPOSE_FILES = ("docker-compose.yml", "deploy/compose/test.yml")


def names_in(requirements: Path) -> list[str]:
    """Give the packages a `requirements.in` names itself, without those it includes."""
    found = (_NAME.match(line) for line in requirements.read_text().splitlines())
    return [match[0] for match in found if match]


def check_dependencies() -> bool:
    """Check that every package imports exactly what it names, or what the chassis names for it."""
    by_name = "|".join(_LOADED_BY_NAME)
    of_chassis = "|".join(name for path in _CHASSIS for name in names_in(Path(path)))
    passed = [_deptry("shared", _CHASSIS, f"DEP002={by_name},DEP003={_OPTIONAL}")]
    for package in PACKAGES:
        files = (f"{package}/requirements.in", *_CHASSIS)
        passed.append(_deptry(package, files, f"DEP002={of_chassis}|{_OPTIONAL}"))
    return all(passed)


def _deptry(package: str, requirements: Sequence[str], ignores: str) -> bool:
    command = [
        *(str(_BIN / "deptry"), package, "--no-ansi"),
        *("--requirements-files", ",".join(requirements), "--per-rule-ignores", ignores),
    ]
    return _passes(f"deptry {package}", command)


def check_containers() -> bool:
    """Check Dockerfiles and compose files; a missing npx is said loudly, or is a failure."""
    dockerfiles = [f"{package}/Dockerfile" for package in PACKAGES]
    passed = _passes("hadolint", [str(_BIN / "hadolint"), *dockerfiles])
    if shutil.which("npx") is None:
        print("!!! npx IS NOT HERE: dclint DID NOT CHECK THE COMPOSE FILES !!!", file=sys.stderr)
        return passed and not _is_everything_required()
    dclint = ["npx", "--yes", _DCLINT, "--max-warnings", "0", *_COMPOSE_FILES]
    return _passes("dclint", dclint) and passed


def _is_everything_required() -> bool:
    is_ci = os.environ.get("CI", "").lower() not in {"", "0", "false"}
    return is_ci or os.environ.get("REQUIRE_SERVICES") == "1"


def _passes(name: str, command: list[str]) -> bool:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        print(f"{name}:\n{done.stdout}", file=sys.stderr)
    return done.returncode == 0


CHECKS: dict[str, Callable[[], bool]] = {
    "dependencies": check_dependencies,
    "containers": check_containers,
}


if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]]() else 1)
