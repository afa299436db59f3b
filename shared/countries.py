"""The one list of countries, as the time zone database has it: ISO 3166-1 alpha-2."""

from functools import cache
from importlib import resources


@cache
def countries() -> frozenset[str]:
    """Give the codes; read once per process, never at import."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and line[0] != "#")
