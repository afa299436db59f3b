"""What several journeys share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journeys.account_holders import LANGUAGES
from tests.journeys.browsers import PHONE, OpenReader, Reader, running_chromium
from tests.people import Place, Therapist, open_therapist


@pytest.fixture
def therapist(place: Place) -> Therapist:
    """A therapist published by staff, with free hours every day."""
    return open_therapist(place)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def reading(place: Place, chromium: Browser) -> OpenReader:
    """Open a window of somebody's own; in the end nothing may have gone wrong in it."""

    @contextmanager
    def opened(language: str, size: dict[str, int] = PHONE, **more: Any) -> Iterator[Reader]:
        context = chromium.new_context(
            locale=LANGUAGES[language], viewport=size, base_url=place.url, **more
        )
        reader = Reader(context.new_page(), place.url)
        yield reader
        context.close()
        assert reader.complaints == []

    return opened
