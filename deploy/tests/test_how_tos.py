"""The worked examples of `docs/how_to` do what their pages say: each is applied to a copy of the
repository, and the tests its page names pass there.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "docs" / "how_to" / "examples"
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "data", "secrets", "__pycache__", ".*_cache", "node_modules", ".hypothesis"
)
PAGES_WRITTEN = {
    "docs/legacy_urls.md": ("gateway", "legacy-urls"),
    "docs/legacy_contracts.md": ("tests.conformance", "--table"),
}
LEGACY_URL_TESTS = (
    "gateway/tests/test_routing.py",
    "gateway/tests/translations/test_table.py",
    "gateway/tests/test_http_contract.py",
    "gateway/tests/test_every_row.py",
    "tests/conformance/test_exchanges.py",
    "tests/conformance/test_contract_table.py",
    "tests/input_classes/test_table.py",
    "profile_service/tests/contracts/test_http_contract.py",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the repository as it is, without what is made in it."""
    place = tmp_path / "hearth"
    shutil.copytree(REPOSITORY, place, ignore=_LEFT_OUT)
    return place


def applied(copy: Path, example: str) -> None:
    patch = EXAMPLES / f"{example}.patch"
    done = subprocess.run(
        ["git", "apply", "-C1", str(patch)], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    chosen = ["-k", "not postgresql"]
    return subprocess.run(
        [*command, *chosen, *tests], cwd=copy, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(600)
def test_the_legacy_url_of_the_page_is_all_there(copy: Path) -> None:
    applied(copy, "legacy_url")
    for page, (package, command) in PAGES_WRITTEN.items():
        written = subprocess.run(
            [sys.executable, "-m", package, command],
            cwd=copy, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        (copy / page).write_bytes(written.stdout)
    done = run(copy, *LEGACY_URL_TESTS)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "W25" in (copy / "docs/legacy_urls.md").read_text(encoding="utf-8")


@pytest.mark.timeout(600)
def test_what_is_forgotten_is_named_by_a_test(copy: Path) -> None:
    applied(copy, "legacy_url")
    forgotten = "tests/input_classes/table.py"
    shutil.copy(REPOSITORY / forgotten, copy / forgotten)
    done = run(copy, "tests/input_classes/test_table.py")
    assert done.returncode == 1
    assert "W25" in done.stdout
