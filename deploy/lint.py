"""The checks of `make lint` that need more than one command: dependencies, container files and the
description of the API.

`python -m deploy.lint dependencies` asks deptry about every package with its own `requirements.in`;
`containers` runs hadolint on the Dockerfiles and dclint, through npx, on the compose files; `api`
has the merged description read by those whose tools make clients of it: openapi-spec-validator,
and through npx Spectral, Redocly and openapi-typescript, whose types may leave nothing unknown.
Where nothing may be left out (CI or REQUIRE_SERVICES=1) a checker that is not here is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
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
# The newest that run on Node 18, which Debian 12 brings.
_DCLINT = "dclint@2.2.2"
_SPECTRAL = "@stoplight/spectral-cli@6.16.3"
_REDOCLY = "@redocly/cli@1.34.10"
_TYPESCRIPT = ("openapi-typescript@7.13.0", "typescript@5.9.3")
_API = "shared/contracts/openapi/gateway.json"
_SPECTRAL_RULES = "deploy/spectral.yaml"
# What TypeScript's types say beside types: words for people, and strings.
_PROSE = re.compile(r"/\*.*?\*/|\"[^\"\n]*\"", re.DOTALL)
# The generator lets every answer have more headers than are described.
_MORE_HEADERS = "[name: string]: unknown;"
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
    if not _is_npx_here("dclint DID NOT CHECK THE COMPOSE FILES"):
        return passed and not _is_everything_required()
    dclint = ["npx", "--yes", _DCLINT, "--max-warnings", "0", *_COMPOSE_FILES]
    return _passes("dclint", dclint) and passed


def check_api() -> bool:
    """Check the merged description as SDK generators read it; without npx as `check_containers`."""
    passed = [_passes("openapi-spec-validator", [str(_BIN / "openapi-spec-validator"), _API])]
    if not _is_npx_here("NOBODY READ THE DESCRIPTION OF THE API AS A GENERATOR WOULD"):
        return all(passed) and not _is_everything_required()
    strictly = ("--ruleset", _SPECTRAL_RULES, "--fail-severity", "hint")
    passed.append(_passes("spectral", ["npx", "--yes", _SPECTRAL, "lint", *strictly, _API]))
    passed.append(
        _passes("redocly", ["npx", "--yes", _REDOCLY, "lint", "--extends=recommended-strict", _API])
    )
    return all(passed) and _has_types_for_everything()


def _has_types_for_everything() -> bool:
    """Let TypeScript's types be written; what has none is `unknown` there."""
    packages = [part for package in _TYPESCRIPT for part in ("-p", package)]
    with tempfile.TemporaryDirectory(prefix="hearth-types-") as folder:
        types = Path(folder) / "api.d.ts"
        command = ["npx", "--yes", *packages, "openapi-typescript", _API, "-o", str(types)]
        if not _passes("openapi-typescript", command):
            return False
        untyped = unknown_types(types.read_text(encoding="utf-8"))
    print("".join(f"openapi-typescript: {line}\n" for line in untyped), end="", file=sys.stderr)
    return not untyped


def unknown_types(types: str) -> list[str]:
    """Give the lines of TypeScript that leave a type unknown, but for undescribed headers."""
    lines = _PROSE.sub(_as_many_lines, types).splitlines()
    return [line.strip() for line in lines if "unknown" in line.replace(_MORE_HEADERS, "")]


def _as_many_lines(prose: re.Match[str]) -> str:
    return "\n" * prose[0].count("\n")


def _is_npx_here(what_is_left_out: str) -> bool:
    if shutil.which("npx") is None:
        print(f"!!! npx IS NOT HERE: {what_is_left_out} !!!", file=sys.stderr)
        return False
    return True


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
    "api": check_api,
}


if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]]() else 1)
