"""Whom to call in a crisis: a data file, read and checked once by a factory.

Everybody may read them; nothing of who asks is needed or kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.countries import countries

HELP_LINES_FILE = Path(__file__).resolve().parent.parent / "help_lines" / "help_lines.yaml"
DEFAULT_LOCALE = "en"
_LOCALES = frozenset({"ru", "en", "ar"})
_DIALLED = re.compile("[0-9]+( [0-9]+)*")
_EMERGENCY = re.compile("[0-9]{3}")
_LANGUAGE = re.compile("[a-z]{2}")


class BadHelpLines(ValueError):
    """The file of help lines is not as it should be."""


@dataclass(frozen=True, kw_only=True)
class HelpLineView:
    """A line in one language. `number` is None where there is only a page; `hours` is `24/7`, or
    None where it is not known to answer around the clock; `languages` are ISO 639-1.
    """

    name: str
    number: str | None
    url: str
    hours: str | None
    languages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HelpLinesView:
    """The lines of a country, or those for everywhere (`country` is None then)."""

    country: str | None
    emergency_number: str
    items: tuple[HelpLineView, ...]


class HelpLines:
    """Every line there is."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    @property
    def countries(self) -> frozenset[str]:
        """Give the countries that have lines, ISO 3166-1 alpha-2."""
        return frozenset(self._found["countries"])

    def help_lines_for(self, country: str | None, locale: str) -> HelpLinesView:
        """Give a country's lines, then those for everywhere; of a country without any, and without
        a country, only the latter.
        """
        known = (country or "").upper()
        own = self._found["countries"].get(known)
        everywhere = [_view(each, locale) for each in self._found["everywhere"]]
        if own is None:
            return HelpLinesView(
                country=None,
                emergency_number=self._found["emergency_number"],
                items=tuple(everywhere),
            )
        lines = [_view(each, locale) for each in own["lines"]]
        return HelpLinesView(
            country=known,
            emergency_number=own["emergency_number"],
            items=(*lines, *everywhere),
        )


def load_help_lines(path: Path = HELP_LINES_FILE) -> HelpLines:
    """Read the file.

    Raises:
        BadHelpLines: it is not as it should be; a service does not start with it.
    """
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    try:
        _check_emergency_number(found["emergency_number"], "everywhere")
        _check_lines(found["everywhere"], "everywhere", is_number_needed=False)
        for country, own in found["countries"].items():
            _check(country in countries(), str(country), "no code of ISO 3166-1")
            _check_emergency_number(own["emergency_number"], country)
            _check_lines(own["lines"], country, is_number_needed=True)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadHelpLines(f"{path.name}: {error!r} is missing or of another kind") from error
    return HelpLines(found)


def _check_emergency_number(number: str, where: str) -> None:
    _check(_EMERGENCY.fullmatch(number) is not None, where, "no emergency number")


def _check_lines(lines: list[dict[str, Any]], where: str, *, is_number_needed: bool) -> None:
    _check(bool(lines), where, "no lines")
    for line in lines:
        names, number = line["name"], line.get("number")
        is_named = set(names) == _LOCALES and all(text.strip() for text in names.values())
        _check(is_named, where, "a name in each of ru, en, ar")
        is_dialled = number is not None and _DIALLED.fullmatch(number) is not None
        _check(is_dialled or (number is None and not is_number_needed), where, "a number to dial")
        _check(line["source"].startswith("https://"), where, "the page of those who run it")
        _check(isinstance(line["is_open_always"], bool), where, "whether it is open always")
        _check(all(_LANGUAGE.fullmatch(one) for one in line["languages"]), where, "languages")


def _check(is_good: bool, where: str, wanted: str) -> None:
    if not is_good:
        raise BadHelpLines(f"help lines of {where}: {wanted}")


def _view(line: Mapping[str, Any], locale: str) -> HelpLineView:
    return HelpLineView(
        name=line["name"].get(locale, line["name"][DEFAULT_LOCALE]),
        number=line.get("number"),
        url=line["source"],
        hours="24/7" if line["is_open_always"] else None,
        languages=tuple(line["languages"]),
    )
