"""Starts as bits: what a schedule offers over many days in one whole number.

Bit `n` of such a number stands for the start `n` steps of five minutes after a beginning; asking
whether anything is free between two instants, or at eleven o'clock in some zone, is then one
operation instead of hundreds. The rules themselves stand in `slots`; here they are only laid out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking_service.domain.slots import (
    CELL_MINUTES,
    Lengths,
    Period,
    Schedule,
    Stretch,
    midnight_of,
    offered_on,
    start_minutes,
)

STEP_MINUTES = 5
STEP = timedelta(minutes=STEP_MINUTES)
STEPS_A_DAY = 24 * 60 // STEP_MINUTES
STEPS_A_CELL = CELL_MINUTES // STEP_MINUTES
_STEPS_BEFORE = 2 * STEPS_A_DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTERS_A_DAY = 24 * 4
_STEPS_A_QUARTER = 15 // STEP_MINUTES
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Starts, ascending, as steps since `begins_at`; compared by identity, so that what was made of
    one can be kept.
    """

    begins_at: datetime
    steps: Sequence[int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Starts:
    """A part of a run: the starts from number `first` up to number `end`, which is outside."""

    run: Run
    first: int
    end: int

    def __len__(self) -> int:
        return self.end - self.first

    def __iter__(self) -> Iterator[datetime]:
        begins_at = self.run.begins_at
        return (begins_at + STEP * each for each in self.run.steps[self.first : self.end])


def begin_of(day: date) -> datetime:
    """Give the instant a day begins in UTC."""
    return datetime.combine(day, time(), UTC)


def step_from(moment: datetime, begins_at: datetime) -> int:
    """Give the first step that does not lie before an instant."""
    return -((begins_at - moment) // STEP)


def steps_of_cells(first: int, last: int, begins_at: datetime) -> tuple[int, int]:
    """Give where cells begin and end, as steps since a beginning; `last` is inside, the end not."""
    since = (begins_at - _EPOCH) // STEP
    return first * STEPS_A_CELL - since, (last + 1) * STEPS_A_CELL - since


def offered_starts(schedule: Schedule, lengths: Lengths, first_day: date, days: int) -> int:
    """Lay out what a schedule offers from the beginning of a day in UTC, for at least so many
    days; absences are left out.
    """
    begins_at, found = begin_of(first_day), 0
    calendar = _days(schedule.time_zone, first_day, days)
    begins: dict[tuple[Stretch, ...], int] = defaultdict(int)
    for weekday, stretches in schedule.weekly_hours.items():
        begins[tuple(stretches)] |= calendar.begin_of_weekdays[weekday]
    for alike, begin_of_each in begins.items():
        found |= _pattern(alike, lengths) * begin_of_each
    for day, override in schedule.overrides.items():
        begin = calendar.begin_of_days.get(day)
        if begin is not None:
            found = without(found, begin, begin + STEPS_A_DAY)
            found |= _pattern(tuple(override), lengths) << begin
    found >>= _STEPS_BEFORE
    for day in calendar.uneven_days:
        for start in offered_on(replace(schedule, absences=()), lengths, day):
            found |= _bit(step_from(start, begins_at))
    for absence in schedule.absences:
        found = _without_absence(found, absence, lengths, begins_at)
    return found


def without(starts: int, first: int, end: int) -> int:
    """Leave out the starts from step `first` up to `end`, which is outside."""
    first = max(first, 0)
    return starts & ~(((1 << (end - first)) - 1) << first) if end > first else starts


def without_cells(starts: int, lengths: Lengths, first: int, last: int, begins_at: datetime) -> int:
    """Leave out the starts whose hour, buffer included, needs one of the cells. Hours count from
    the cell they begin in, whether or not they begin with it.
    """
    begin, end = steps_of_cells(first, last, begins_at)
    needed = (lengths.session_minutes + lengths.buffer_minutes) // STEP_MINUTES
    return without(starts, begin - needed + STEPS_A_CELL, end)


def between(first: int, end: int) -> int:
    """Give every start from step `first` up to `end`, which is outside."""
    first = max(first, 0)
    return ((1 << (end - first)) - 1) << first if end > first else 0


def run_of(starts: int, begins_at: datetime) -> Run:
    """List starts."""
    return Run(begins_at=begins_at, steps=positions_of(starts))


def part_of(run: Run, first_step: int, end_step: int) -> Starts:
    """Give the starts of a run from a step up to another, which is outside."""
    first = bisect_left(run.steps, first_step)
    return Starts(run=run, first=first, end=bisect_left(run.steps, end_step, lo=first))


def positions_of(bits: int) -> list[int]:
    """Give the numbers of the bits that are set, ascending."""
    text, found = bin(bits)[:1:-1], []
    at = text.find("1")
    while at >= 0:
        found.append(at)
        at = text.find("1", at + 1)
    return found


@lru_cache(maxsize=64)
def whole_hours(zone: ZoneInfo, first_day: date, days: int) -> int:
    """Give the starts that a full hour of a zone's wall clock names: of a doubled one the first."""
    return _where(zone, first_day, days, lambda local: 0 if local.minute or local.fold else 1)


@lru_cache(maxsize=256)
def starts_within_hour(zone: ZoneInfo, hour: int, first_day: date, days: int) -> int:
    """Give the starts at which a zone's wall clock shows an hour, whatever the minutes."""
    quarter = (1 << _STEPS_A_QUARTER) - 1
    return _where(zone, first_day, days, lambda local: quarter if local.hour == hour else 0)


def _where(
    zone: ZoneInfo, first_day: date, days: int, of_quarter: Callable[[datetime], int]
) -> int:
    """Ask for every quarter of an hour: no zone's clock differs from UTC by less."""
    begins_at, found = begin_of(first_day), bytearray()
    for quarter in range(days * _QUARTERS_A_DAY):
        local = (begins_at + timedelta(minutes=15 * quarter)).astimezone(zone)
        bits = of_quarter(local)
        found += bytes(0x30 + (bits >> step & 1) for step in range(_STEPS_A_QUARTER))
    return int(found[::-1], 2)


@dataclass(frozen=True, kw_only=True)
class _Days:
    """Where the days of a zone begin that touch some days in UTC, in steps after two days before
    those. A number with a bit for each begin of a weekday repeats a pattern on all of them when it
    is multiplied by it. Days on which the clock does not run evenly stand apart.
    """

    begin_of_weekdays: Mapping[int, int]
    begin_of_days: Mapping[date, int]
    uneven_days: Sequence[date]


@lru_cache(maxsize=1024)
def _days(time_zone: str, first_day: date, days: int) -> _Days:
    earliest = begin_of(first_day) - _STEPS_BEFORE * STEP
    weekdays, begins, uneven = dict.fromkeys(range(7), 0), {}, []
    for number in range(-1, days + 2):
        day = first_day + number * _A_DAY
        midnight, is_even = midnight_of(time_zone, day)
        if is_even and not (midnight - earliest) % STEP:
            begins[day] = (midnight - earliest) // STEP
            weekdays[day.weekday()] |= _bit(begins[day])
        else:
            uneven.append(day)
    return _Days(begin_of_weekdays=weekdays, begin_of_days=begins, uneven_days=uneven)


@lru_cache(maxsize=20_000)
def _pattern(stretches: tuple[Stretch, ...], lengths: Lengths) -> int:
    """Lay out the starts of a day on which the clock runs evenly, from its midnight."""
    minutes = (minute for each in stretches for minute in start_minutes(each, lengths))
    return sum({_bit(minute // STEP_MINUTES) for minute in minutes})


def _without_absence(starts: int, absence: Period, lengths: Lengths, begins_at: datetime) -> int:
    """Leave out the starts whose session, without the buffer, touches an absence."""
    session = timedelta(minutes=lengths.session_minutes)
    first = (absence.starts_at - session - begins_at) // STEP + 1
    return without(starts, first, step_from(absence.ends_at, begins_at))


def _bit(step: int) -> int:
    return 1 << step if step >= 0 else 0
