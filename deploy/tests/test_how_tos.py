"""The worked examples of `docs/how_to` do what their pages say: each is applied to a copy of the
repository, and the tests its page names pass there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.events.catalogue import shipped_catalogue
from shared.events.envelope import Event

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
ENDPOINT_TESTS = (
    "booking_service/tests/api/test_holds.py",
    "booking_service/tests/contracts/test_access.py",
    "booking_service/tests/contracts/test_http_contract.py",
    "deploy/tests/test_contract_snapshots.py",
)

EVENT_TESTS = (
    "booking_service/tests/api/test_payment_methods.py",
    "booking_service/tests/events",
    "notification_service/tests/listeners/test_payment_methods.py",
    "notification_service/tests/domain/test_template_texts.py",
    "shared/tests/events/test_event_catalogue.py",
    "tests/released",
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


def run(copy: Path, *tests: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    chosen = ["-k", "not postgresql"]
    return subprocess.run(
        [*command, *chosen, *tests],
        cwd=copy, env={**os.environ, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def kept(copy: Path, service: str) -> None:
    """Do what `make examples` does for one service."""
    done = run(copy, f"{service}/tests/contracts/test_http_contract.py", HEARTH_WRITE_EXAMPLES="1")
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.timeout(600)
def test_the_legacy_url_of_the_page_is_all_there(copy: Path) -> None:
    applied(copy, "legacy_url")
    for page, (package, command) in PAGES_WRITTEN.items():
        written = subprocess.run(
            [sys.executable, "-m", package, command],
            cwd=copy, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        (copy / page).write_bytes(written.stdout)
    kept(copy, "profile_service")
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


@pytest.mark.timeout(600)
def test_the_endpoint_of_the_page_is_all_there(copy: Path) -> None:
    applied(copy, "endpoint")
    kept(copy, "booking_service")
    subprocess.run([sys.executable, "-m", "deploy.contracts"], cwd=copy, check=True)
    done = run(copy, *ENDPOINT_TESTS)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "read_hold" in (copy / "shared/contracts/openapi/gateway.json").read_text("utf-8")


@pytest.mark.timeout(600)
def test_who_may_call_an_endpoint_is_asked_for(copy: Path) -> None:
    applied(copy, "endpoint")
    forgotten = "booking_service/tests/contracts/access.yaml"
    shutil.copy(REPOSITORY / forgotten, copy / forgotten)
    done = run(copy, "booking_service/tests/contracts/test_access.py")
    assert done.returncode == 1
    assert "GET /api/v1/holds/{hold_id}" in done.stdout


@pytest.mark.timeout(600)
def test_the_event_of_the_page_is_all_there(copy: Path) -> None:
    applied(copy, "event")
    done = run(copy, *EVENT_TESTS)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.timeout(600)
def test_an_event_nobody_hears_is_asked_for(copy: Path) -> None:
    applied(copy, "event")
    forgotten = "notification_service/listeners/__init__.py"
    shutil.copy(REPOSITORY / forgotten, copy / forgotten)
    done = run(copy, "notification_service/tests/listeners/test_appointments.py")
    assert done.returncode == 1
    assert "booking.payment_method.added.v1" in done.stdout


def test_an_example_of_saying_an_event_is_one_that_would_be_taken() -> None:
    page = (REPOSITORY / "docs/how_to/use_events.md").read_text(encoding="utf-8")
    code = next(part for part in page.split("```") if "add_to_outbox(\n" in part)
    taken: list[Event] = []
    names = {"session": None, "account_id": 17, "add_to_outbox": lambda _, each: taken.append(each)}
    exec(code.partition("import add_to_outbox")[2], {**names, "Event": Event})  # noqa: S102 # ours
    [said] = taken
    shipped_catalogue().entry(said.type).check(subject=said.subject, data=said.data)
