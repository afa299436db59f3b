"""Pure rules of time: the ten-minute grid, and which hours a schedule offers.

Hours of a schedule are wall-clock minutes in the practitioner's zone, so a 09:00 hour stays 09:00
through a clock change; an hour the clock jumps over is not offered, one it shows twice is offered
once, at its first occurrence. Offered starts stand at the beginning of a stretch and then every
session + buffer minutes (50 + 10: every full hour); the session must end within the stretch, the
buffer need not. Everything lies on a grid of ten minutes of the zone's wall clock. Cells are ten
minutes of UTC: in a zone whose distance from UTC is no multiple of ten (Kathmandu, Chatham) an hour
counts from the cell it begins in to the cell it ends in, which shifts all of one practitioner's
hours alike, so that they meet each other exactly as on the grid.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CELL_MINUTES = 10
_CELL_SECONDS = CELL_MINUTES * 60
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A part of a day, in minutes of the wall clock from midnight; `ends_minute` may be 1440."""

    starts_minute: int
    ends_minute: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A time between two instants; the end is outside."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When somebody works. `weekly_hours` by weekday (Monday is 0); an override replaces a whole
    date.
    """

    time_zone: str
    weekly_hours: Mapping[int, Sequence[Stretch]] = field(default_factory=dict)
    overrides: Mapping[date, Sequence[Stretch]] = field(default_factory=dict)
    absences: Sequence[Period] = ()

    def stretches_on(self, day: date) -> Sequence[Stretch]:
        """Give the stretches of a date in the schedule's zone."""
        if day in self.overrides:
            return self.overrides[day]
        return self.weekly_hours.get(day.weekday(), ())


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """How long an appointment and the buffer after it take, in minutes on the grid, and how far
    apart hours are offered: one after the other, unless an appointment of another length is to be
    fitted into them.
    """

    session_minutes: int
    buffer_minutes: int
    offered_every_minutes: int | None = None

    @property
    def step_minutes(self) -> int:
        """Give how many minutes lie between two offered starts of a stretch."""
        return self.offered_every_minutes or self.session_minutes + self.buffer_minutes

    def of_session(self, session_minutes: int) -> "Lengths":
        """Give the lengths of an appointment that keeps its own length among these hours."""
        return Lengths(
            session_minutes=session_minutes,
            buffer_minutes=self.buffer_minutes,
            offered_every_minutes=self.step_minutes,
        )

    def hour_at(self, starts_at: datetime) -> "Hour":
        """Give the hour that begins at an instant."""
        ends_at = starts_at + timedelta(minutes=self.session_minutes)
        return Hour(
            starts_at=starts_at,
            ends_at=ends_at,
            blocked_until=ends_at + timedelta(minutes=self.buffer_minutes),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """An appointment's time; the practitioner is blocked until the buffer's end, the client is
    not.
    """

    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime

    @property
    def practitioner_cells(self) -> range:
        """Give the cells the practitioner needs."""
        return range(cell_of(self.starts_at), cell_of(self.blocked_until))

    @property
    def client_cells(self) -> range:
        """Give the cells the client sits in the appointment."""
        return range(cell_of(self.starts_at), cell_of(self.ends_at))


def cell_of(moment: datetime) -> int:
    """Give the cell an instant lies in: ten-minute steps since 1970 in UTC."""
    return int(moment.timestamp()) // _CELL_SECONDS


def seconds_into_cell(moment: datetime) -> int:
    """Give how long after the beginning of its cell an instant lies."""
    return int(moment.timestamp()) % _CELL_SECONDS


def shift_of_zone(time_zone: str, *, around: date) -> int | None:
    """Give how many seconds after the beginning of a cell a zone's wall clock shows a multiple of
    ten minutes; None where that differs within this year and the next.
    """
    zone = ZoneInfo(time_zone)
    months = (
        datetime(around.year + month // 12, month % 12 + 1, 1, tzinfo=zone) for month in range(24)
    )
    shifts = {seconds_into_cell(month) for month in months}
    return shifts.pop() if len(shifts) == 1 else None


@lru_cache(maxsize=50_000)
def midnight_of(time_zone: str, day: date) -> tuple[datetime, bool]:
    """Give a day's first instant in UTC, and whether the clock runs evenly all that day."""
    zone = ZoneInfo(time_zone)
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    return begins.astimezone(UTC), begins.utcoffset() == ends.utcoffset()


def instant_of(time_zone: str, day: date, minute: int) -> datetime | None:
    """Give the instant a wall clock shows a minute of a day, the first time it does; None when it
    never does.
    """
    midnight, is_even = midnight_of(time_zone, day)
    if is_even:
        return midnight + timedelta(minutes=minute)
    zone = ZoneInfo(time_zone)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        return None
    return instant


def offered_on(schedule: Schedule, lengths: Lengths, day: date) -> Iterator[datetime]:
    """Give the starts a schedule offers on a date, ascending; absences are left out."""
    for stretch in schedule.stretches_on(day):
        for minute in start_minutes(stretch, lengths):
            instant = instant_of(schedule.time_zone, day, minute)
            if instant is None:
                continue
            hour = lengths.hour_at(instant)
            ends_within = _ends_by(hour, schedule.time_zone, day, stretch.ends_minute)
            if ends_within and not _is_absent(schedule, hour):
                yield instant


def start_minutes(stretch: Stretch, lengths: Lengths) -> range:
    """Give the minutes of a day at which a stretch's hours begin, as long as the clock runs evenly
    that day.
    """
    last = stretch.ends_minute - lengths.session_minutes
    return range(stretch.starts_minute, last + 1, lengths.step_minutes)


def is_offered(schedule: Schedule, lengths: Lengths, starts_at: datetime) -> bool:
    """Tell whether a schedule offers an hour at an instant, whoever may have it."""
    day = starts_at.astimezone(ZoneInfo(schedule.time_zone)).date()
    return starts_at in offered_on(schedule, lengths, day)


def _ends_by(hour: Hour, time_zone: str, day: date, minute: int) -> bool:
    """Tell whether an hour is over before the wall clock has passed a minute of the day: where the
    clock is put forward within it, it ends later than its length says.
    """
    if midnight_of(time_zone, day)[1]:
        return True
    last_moment = (hour.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(time_zone))
    midnight = datetime.combine(day, time())
    return last_moment.replace(tzinfo=None) < midnight + timedelta(minutes=minute)


def _is_absent(schedule: Schedule, hour: Hour) -> bool:
    return any(
        absence.starts_at < hour.ends_at and hour.starts_at < absence.ends_at
        for absence in schedule.absences
    )
