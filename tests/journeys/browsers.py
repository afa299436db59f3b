"""People with a real browser: Chromium, which reaches nothing but the platform.

A page that breaks its own policy, whose script complains or that asks for something which is not
there fails the test.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

OpenReader = Callable[..., AbstractContextManager["Reader"]]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
# Chromium says of every document whose status is an error that it failed to load.
_OF_STATUS = "Failed to load resource: the server responded with a status of"
# Asked for by a page that was left meanwhile.
_LEFT_BEHIND = "net::ERR_ABORTED"
_RULES = ["best-practice", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def chromium_path() -> str:
    """Give Chromium's program; without it the test is skipped, or fails where nothing may be."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        message = "Chromium cannot be reached"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"{message} and REQUIRE_SERVICES=1", pytrace=False)
        pytest.skip(message)
    return program


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run Chromium without a window."""
    program = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Reader:
    """Somebody who looks at pages; `complaints` are what went wrong on them."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._miss)

    def _miss(self, asked: Request) -> None:
        if asked.failure != _LEFT_BEHIND:
            self.complaints.append(f"lost {asked.url}: {asked.failure}")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_OF_STATUS):
            self.complaints.append(message.text)

    def open(self, path: str) -> None:
        """Go to a page of the platform, or follow a whole link."""
        self.page.goto(path if path.startswith("http") else self.url + path)

    def press(self, selector: str = "main button.primary") -> None:
        """Press a button and wait for the page that answers."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def fill(self, **typed: str) -> None:
        """Type into fields."""
        for name, value in typed.items():
            self.page.fill(f"#{name}", value)

    @property
    def heading(self) -> str:
        """Give the page's heading."""
        return self.page.locator("h1").inner_text()

    @property
    def place(self) -> str:
        """Give what stands in the address bar, without the platform's URL."""
        return self.page.url.removeprefix(self.url)

    def is_turned_right_to_left(self) -> bool:
        """Tell on which side the text really begins, by where the heading's letters stand."""
        is_right: bool = self.page.evaluate(
            """() => {
                const range = document.createRange();
                range.selectNodeContents(document.querySelector("h1"));
                const words = range.getBoundingClientRect();
                const main = document.querySelector("main").getBoundingClientRect();
                return main.right - words.right < words.left - main.left;
            }"""
        )
        return is_right

    def overflows(self) -> bool:
        """Tell whether the page is wider than the screen."""
        is_wider: bool = self.page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return is_wider

    def barriers(self) -> str:
        """Give what axe-core finds on the page, or an empty string."""
        options = {"runOnly": {"type": "tag", "values": _RULES}}
        found = Axe().run(self.page, options=options)
        return found.generate_report() if found.violations_count else ""

    def keep_picture(self, name: str) -> None:
        """Keep a picture of the page below SCREENSHOTS, when that is set."""
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
