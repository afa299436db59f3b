"""What `make openapi` wrote is what the code says now."""

from pathlib import Path

import pytest

from deploy import contracts
from deploy.environment import SERVICES
from deploy.tests.project import REPOSITORY


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)


@pytest.mark.parametrize("package", SERVICES)
def test_the_openapi_snapshot_is_current(package: str) -> None:
    snapshot = contracts.SNAPSHOTS / f"{package}.json"

    assert snapshot.read_text(encoding="utf-8") == contracts.openapi_of(package), "make openapi"


def test_the_merged_snapshot_is_current() -> None:
    assert contracts.MERGED.read_text(encoding="utf-8") == contracts.merged_openapi(), (
        "make openapi"
    )


def test_the_page_of_legacy_urls_is_current() -> None:
    assert contracts.LEGACY_URLS.read_text(encoding="utf-8") == contracts.legacy_urls()


def test_there_is_a_snapshot_for_every_service_and_for_nothing_else() -> None:
    names = {path.stem for path in Path(contracts.SNAPSHOTS).glob("*.json")}

    assert names == {*SERVICES, contracts.MERGED.stem}


def test_the_changelog_says_each_thing_once_and_what_operators_do_in_one_place() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    bullets = [line for line in text.splitlines() if line.startswith("* ")]
    assert len(set(headings)) == len(headings)
    assert len(set(bullets)) == len(bullets)
    assert [each for each in headings if "perators" in each] == [
        "### Operators must change, in this order"
    ]
