"""What a person recognises a device by, made of what its browser says of itself."""

import re

from portal.languages import _

# The first that fits: browsers name those they descend from, too.
_BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"(Chrome|Chromium|CriOS)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def device_name(told: str) -> str:
    """Give `Firefox on Android` for a browser's own long words; other names stay as they are."""
    if not told.startswith("Mozilla/"):
        return told
    browser, system = (_first(table, told) for table in (_BROWSERS, _SYSTEMS))
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or told


def _first(table: tuple[tuple[str, str], ...], told: str) -> str:
    return next((name for name, sign in table if re.search(sign, told)), "")
