"""The worked examples of `docs/how_to` do what their pages say: each is applied to a copy of the
repository, and the tests its page names pass there.
"""

import os
import re
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
    "notification_service/tests/api/test_notifications.py",
    "notification_service/tests/contracts/test_access.py",
    "notification_service/tests/contracts/test_http_contract.py",
    "notification_service/tests/contracts/test_openapi.py",
    "gateway/tests/test_http_contract.py",
    "tests/architecture/test_endpoint_tables.py",
    "deploy/tests/test_contract_snapshots.py",
)
EVENT_TESTS = (
    "shared/tests/events/test_event_catalogue.py",
    "booking_service/tests/events",
    "booking_service/tests/api/test_appointments.py::test_who_did_not_come_is_announced_once",
    "notification_service/tests/listeners/test_appointments.py",
    "notification_service/tests/domain/test_template_texts.py",
    "gateway/tests/test_hints.py",
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


def forget(copy: Path, *names: str) -> None:
    """Bring files back to what they are without the example."""
    for name in names:
        if (REPOSITORY / name).exists():
            shutil.copy(REPOSITORY / name, copy / name)
        else:
            (copy / name).unlink()


def write_examples(copy: Path, service: str) -> None:
    """Do for one service what `make examples` does."""
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0",
         "-k", "not postgresql", f"{service}/tests/contracts/test_http_contract.py"],
        cwd=copy, env={**os.environ, "HEARTH_WRITE_EXAMPLES": "1"},
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip


def write_openapi(copy: Path) -> None:
    """Do what `make openapi` does."""
    subprocess.run(
        [sys.executable, "-m", "deploy.contracts"],
        cwd=copy, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip


def failing(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Give the names of the tests that failed."""
    assert "\nERROR" not in done.stdout, done.stdout[-4000:]
    return set(re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE))


def page(name: str) -> str:
    return (REPOSITORY / "docs" / "how_to" / f"{name}.md").read_text(encoding="utf-8")


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
    write_examples(copy, "profile_service")
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
    write_examples(copy, "notification_service")
    write_openapi(copy)
    done = run(copy, *ENDPOINT_TESTS)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.timeout(600)
def test_what_an_endpoint_lacks_is_named_by_the_tests_the_page_names(copy: Path) -> None:
    applied(copy, "endpoint")
    forget(
        copy,
        "notification_service/README.md",
        "notification_service/tests/contracts/access.yaml",
        "notification_service/tests/contracts/test_access.py",
    )
    first = failing(run(copy, *ENDPOINT_TESTS))
    assert first == {
        "test_every_operation_has_a_row",
        "test_a_wrong_cell_and_a_missing_row_are_told",
        "test_the_openapi_snapshot_is_current",
        "test_the_service_answers_as_the_gateway_relies_on",
    }
    write_openapi(copy)
    second = failing(run(copy, "tests/architecture/test_endpoint_tables.py"))
    assert second == {"test_the_readme_names_every_operation_once_and_no_other"}
    assert {each for each in first | second if each not in page("add_an_endpoint")} == set()


@pytest.mark.timeout(600)
def test_the_event_of_the_page_is_all_there(copy: Path) -> None:
    applied(copy, "event")
    done = run(copy, *EVENT_TESTS)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.timeout(600)
def test_what_an_event_lacks_is_named_by_the_tests_the_page_names(copy: Path) -> None:
    applied(copy, "event")
    forget(
        copy,
        "gateway/hints.py",
        "gateway/tests/test_hints.py",
        "booking_service/tests/events/test_contracts.py",
        "notification_service/listeners/__init__.py",
        "notification_service/tests/listeners/test_appointments.py",
        "notification_service/tests/domain/test_template_texts.py",
    )
    told = failing(run(copy, *EVENT_TESTS))
    assert told == {
        "test_exactly_the_live_types_of_the_catalogue_are_told",
        "test_every_type_of_this_service_is_announced_as_its_contract_says",
        "test_every_event_the_catalogue_sends_here_has_a_handler_and_its_example_is_handled",
        "test_the_kinds_of_notifications_are_the_agreed_ones",
    }
    example = "shared/contracts/events/booking_service/examples/booking.appointment.missed.v1.json"
    forget(copy, example)
    told |= failing(run(copy, "shared/tests/events/test_event_catalogue.py"))
    assert "test_no_schema_or_example_is_left_without_an_entry" in told
    assert {each for each in told if each not in page("add_an_event")} == set()


@pytest.mark.parametrize("name", ["add_an_endpoint", "add_an_event"])
def test_every_test_a_page_names_is_there(name: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", page(name)))
    written = {
        each
        for path in REPOSITORY.glob("[!.]*/**/test_*.py")
        for each in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 5
    assert named - written == set()


def test_an_example_of_saying_an_event_is_one_that_would_be_taken() -> None:
    page = (REPOSITORY / "docs/how_to/use_events.md").read_text(encoding="utf-8")
    code = next(part for part in page.split("```") if "add_to_outbox(\n" in part)
    taken: list[Event] = []
    names = {"session": None, "account_id": 17, "add_to_outbox": lambda _, each: taken.append(each)}
    exec(code.partition("import add_to_outbox")[2], {**names, "Event": Event})  # noqa: S102 # ours
    [said] = taken
    shipped_catalogue().entry(said.type).check(subject=said.subject, data=said.data)
