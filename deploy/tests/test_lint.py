"""A checker that is not here is never passed over in silence; commits meet the same ones."""

import os
import subprocess
import sys

import pytest
import yaml

from deploy.lint import unknown_types
from deploy.tests.project import REPOSITORY


def check_without_npx(check: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.lint", check],
        cwd=REPOSITORY,
        env={"PATH": "/nowhere", **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


NEED_NPX = pytest.mark.parametrize("check", ["containers", "api"])


@NEED_NPX
@pytest.mark.parametrize("more", [{}, {"CI": "false"}, {"REQUIRE_SERVICES": "0"}], ids=str)
def test_a_missing_checker_is_said_loudly(check: str, more: dict[str, str]) -> None:
    done = check_without_npx(check, **more)

    assert done.returncode == 0
    assert "!!! npx IS NOT HERE" in done.stderr


@NEED_NPX
@pytest.mark.parametrize("more", [{"CI": "true"}, {"CI": "1"}, {"REQUIRE_SERVICES": "1"}], ids=str)
def test_a_missing_checker_fails_where_everything_is_required(
    check: str, more: dict[str, str]
) -> None:
    done = check_without_npx(check, **more)

    assert done.returncode == 1
    assert "!!! npx IS NOT HERE" in done.stderr


def test_only_what_has_no_type_counts_as_unknown() -> None:
    types = """/** It says `unknown`:
     * nobody knows. */
    headers: { [name: string]: unknown; };
    code: "unknown" | "slot_taken";
    extra?: unknown;
    members: { [key: string]: unknown };"""

    assert unknown_types(types) == ["extra?: unknown;", "members: { [key: string]: unknown };"]


def test_pre_commit_runs_the_commands_of_make_lint() -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "PYTHON3=true", "lint"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout.splitlines()
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (local,) = config["repos"]

    assert [one["entry"] for one in local["hooks"]] == [
        line for line in printed if not line.startswith("true ")
    ]
    assert not any(one["pass_filenames"] for one in local["hooks"]), "each looks at everything"
