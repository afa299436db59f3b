"""The language of a caller who says none, several, or any."""

import pytest

from gateway.callers import best_locale


@pytest.mark.parametrize(
    ("accept_language", "found"),
    [
        ("ru", "ru"),
        ("EN-us", "en"),
        ("en-GB, ru;q=0.9", "en"),
        ("en-GB;q=1, ru-RU;q=0.9", "en"),
        ("ru, en-GB", "ru"),
        ("en-GB, ru", "en"),
        ("fr, ar-EG;q=0.5, en;q=0.4", "ar"),
        ("en;q=0, ru;q=0.1", "ru"),
        ("de, *;q=0.1, ar;q=0.05", "ar"),
        ("*", "own"),
        ("de, *;q=0.1", "own"),
        ("en;q=0", "own"),
        ("", "own"),
        (";;,,=", "own"),
    ],
)
def test_the_best_language_is_the_one_the_caller_likes_most(accept_language: str, found: str):
    assert best_locale(accept_language, "own") == found
