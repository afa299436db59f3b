"""The pages for people, in a real browser that can reach nothing but the platform."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.browsers import DESK, PHONE, running_chromium
from tests.people import Place

pytestmark = pytest.mark.embedded
_OPERATION = re.compile(r'data-path="(/api/v1/[^"]+)"')


class Browser:
    """Chromium without a window. `said` holds what the page's scripts complained of."""

    def __init__(self, program: str, profile: Path) -> None:
        self._command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={profile}", "--virtual-time-budget=30000", "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--dump-dom",
        ]  # fmt: skip
        self.said: list[str] = []

    def open(self, url: str) -> str:
        """Open a page, let its scripts run, give what then stands there."""
        done = subprocess.run(
            [*self._command, url], capture_output=True, text=True, timeout=120, check=True
        )
        self.said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return done.stdout


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        message = "Chromium cannot be reached"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"{message} and REQUIRE_SERVICES=1", pytrace=False)
        pytest.skip(message)
    return Browser(program, tmp_path_factory.mktemp("browser"))


def test_the_docs_page_shows_every_operation_and_needs_nobody_else(
    place: Place, browser: Browser
) -> None:
    described = set(place.call("GET", "/openapi.json").json()["paths"])
    page = browser.open(f"{place.url}/docs")
    assert set(_OPERATION.findall(page)) == {path for path in described if "/api/v1/" in path}
    assert browser.said == []


def test_the_first_page_leads_to_what_it_names(place: Place, browser: Browser) -> None:
    page = browser.open(f"{place.url}/")
    links = re.findall(r'<a href="([^"]+)"', page)
    assert {"/docs", "/openapi.json", "/readyz"} <= set(links)
    for link in links:
        assert place.call("GET", link).status_code == 200, link
    assert browser.said == []


_WORD_BY_WORD = """
    () => [...document.querySelectorAll(".opblock-tag small, .opblock-summary-description")]
        .filter((text) => {
            const words = text.innerText.split(/\\s+/).length;
            const range = document.createRange();
            range.selectNodeContents(text);
            const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.bottom)));
            return words >= 4 && lines.size > words / 2;
        })
        .map((text) => text.innerText)
"""


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_docs_page_takes_the_whole_screen(size: dict[str, int], place: Place) -> None:
    with running_chromium() as chromium:
        page = chromium.new_page(viewport=size)
        page.goto(f"{place.url}/docs")
        page.wait_for_selector(".opblock-summary-description")
        width = page.evaluate("() => document.querySelector('.opblock').clientWidth")
        assert width >= size["width"] - 48
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
        assert page.locator(".opblock-tag small").count() > 10
        assert page.evaluate(_WORD_BY_WORD) == []
