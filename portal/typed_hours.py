"""Hours as a therapist types them: `9–12, 13:30–17`, in any digits and with any dash."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[,;،؛]")
_RANGE = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—−]\s*(\d{1,2})(?:[:.](\d{2}))?")


class UnreadableHours(ValueError):
    """What was typed are no hours."""


def read_hours(typed: str) -> list[tuple[str, str]]:
    """Give what was typed as pairs of `HH:MM`, in the order typed; nothing for a day off.

    Raises:
        UnreadableHours: something in it is no range of hours.
    """
    text = "".join(_plain(each) for each in typed)
    return [_range(part.strip()) for part in _SEPARATORS.split(text) if part.strip()]


def write_hours(hours: list[tuple[str, str]]) -> str:
    """Spell hours the way they are typed: `09:00–12:00, 13:00–17:00`."""
    return ", ".join(f"{starts}–{ends}" for starts, ends in hours)


def _range(part: str) -> tuple[str, str]:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise UnreadableHours
    return _time(found[1], found[2]), _time(found[3], found[4])


def _time(hour: str, minute: str | None) -> str:
    at = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or at > 24 * 60:
        raise UnreadableHours
    return f"{at // 60:02}:{at % 60:02}"


def _plain(letter: str) -> str:
    """Give a digit of any script as the plain one."""
    return str(unicodedata.digit(letter)) if letter.isdecimal() else letter
