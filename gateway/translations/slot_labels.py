"""Days and hours as clients of `matching` see them: "Thu 7 July" and a whole hour in the service's
time zone.

The names are our own tables, never the machine's locale. An hour that is not whole in that zone has
no label. Of an hour that a clock change doubles only the first is shown, and the label means that
one. A label names no year: what lies further ahead than the next such date has none. So every shown
label of an hour to come reads back to the instant it was made from.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.exchange import JsonValue
from gateway.translations.fields import ValueRefused, integer

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
LAST_HOUR = 23

_LABEL = re.compile(rf"({'|'.join(WEEKDAYS)}) ([1-9]|[12][0-9]|3[01]) ({'|'.join(MONTHS)})")
_YEARS_AHEAD = 8  # from any day, the next 29 February is at most eight years away


class UnknownHour(Exception):
    """A label and hour that name no instant."""


def day_label(day: date) -> str:
    """Spell a day as the label clients show and send back."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def single_label(
    instant: datetime, zone: ZoneInfo, now: datetime | None = None
) -> dict[str, JsonValue]:
    """Give one appointment's day and hour, `{}` when its start has no label in the zone; with `now`
    also when the label would be read as another year's.
    """
    today = None if now is None else now.astimezone(zone).date()
    label = _label_of(instant, zone, today)
    return {} if label is None else {day_label(label[0]): label[1]}


def grouped_labels(
    instants: Iterable[datetime], zone: ZoneInfo, now: datetime | None = None
) -> dict[str, JsonValue]:
    """Group free hours by day, days and hours ascending; hours without a label in the zone are left
    out, see `single_label`.
    """
    today = None if now is None else now.astimezone(zone).date()
    days: dict[date, set[int]] = defaultdict(set)
    for instant in instants:
        label = _label_of(instant, zone, today)
        if label is not None:
            days[label[0]].add(label[1])
    return {day_label(day): sorted(days[day]) for day in sorted(days)}


def instant_of_slot(slot: Mapping[str, JsonValue], zone: ZoneInfo, now: datetime) -> datetime:
    """Give the instant (UTC) of exactly one label with one hour; the hour may be digits or stand in
    a list of one.

    Raises:
        UnknownHour: more or fewer labels or hours, or what `instant_of_label` refuses.
    """
    if len(slot) != 1:
        raise UnknownHour
    ((label, hours),) = slot.items()
    hour = hours[0] if isinstance(hours, list) and len(hours) == 1 else hours
    try:
        number = integer(hour)
    except ValueRefused as refused:
        raise UnknownHour from refused
    return instant_of_label(label, number, zone, now)


def instant_of_label(label: str, hour: int, zone: ZoneInfo, now: datetime) -> datetime:
    """Give the instant (UTC) a label and an hour mean: the next such date, today included.

    Raises:
        UnknownHour: no such label, day or hour, a weekday that does not fit the date, or an hour a
            clock change leaves out.
    """
    match = _LABEL.fullmatch(label)
    if match is None or not 0 <= hour <= LAST_HOUR:
        raise UnknownHour
    weekday, number, month = match.groups()
    day = _next_date(int(number), MONTHS.index(month) + 1, now.astimezone(zone).date())
    if WEEKDAYS[day.weekday()] != weekday:
        raise UnknownHour
    instant = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
    local = instant.astimezone(zone)
    if (local.date(), local.hour) != (day, hour) or not _is_whole_hour(local):
        raise UnknownHour
    return instant


@lru_cache(maxsize=2**14)
def _label_of(instant: datetime, zone: ZoneInfo, today: date | None) -> tuple[date, int] | None:
    """Give day and hour of an instant that has a label; kept, because a list of therapists names
    the same few hundred instants thousands of times.
    """
    local = instant.astimezone(zone)
    if not _is_whole_hour(local) or local.fold:
        return None
    day = local.date()
    if today is not None and day >= today and _next_date(day.day, day.month, today) != day:
        return None
    return day, local.hour


def _is_whole_hour(local: datetime) -> bool:
    return local.minute == local.second == local.microsecond == 0


def _next_date(number: int, month: int, today: date) -> date:
    for year in range(today.year, today.year + _YEARS_AHEAD + 1):
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day >= today:
            return day
    raise UnknownHour
