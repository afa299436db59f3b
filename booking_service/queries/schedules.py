"""Reading schedules."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking_service.models.schedules import Absence, ScheduleOverride, WeeklyHours
from booking_service.models.tables import Model, is_among

# Every booking and every list of free hours asks these three: they are put together once, and of
# the tables themselves, which costs half of what the mapped classes do where thousands are read.
_HOURS, _DAYS, _ABSENT = (
    Model.metadata.tables[each.__tablename__] for each in (WeeklyHours, ScheduleOverride, Absence)
)
_PRACTITIONER_IDS = "practitioner_ids"
_WEEKLY_HOURS = (
    select(
        _HOURS.c.practitioner_id,
        _HOURS.c.weekday,
        _HOURS.c.starts_minute,
        _HOURS.c.ends_minute,
    )
    .where(is_among(_HOURS.c.practitioner_id, _PRACTITIONER_IDS))
    .order_by(_HOURS.c.weekday, _HOURS.c.starts_minute)
)
_OVERRIDES = (
    select(_DAYS.c.practitioner_id, _DAYS.c.date, _DAYS.c.hours)
    .where(
        is_among(_DAYS.c.practitioner_id, _PRACTITIONER_IDS),
        _DAYS.c.date >= bindparam("from_day"),
    )
    .order_by(_DAYS.c.date)
)
_ABSENCES = (
    select(_ABSENT.c.practitioner_id, _ABSENT.c.starts_at, _ABSENT.c.ends_at, _ABSENT.c.reason)
    .where(
        is_among(_ABSENT.c.practitioner_id, _PRACTITIONER_IDS),
        _ABSENT.c.ends_at > bindparam("absent_after"),
    )
    .order_by(_ABSENT.c.starts_at)
)


@dataclass(kw_only=True)
class ScheduleRows:
    """What the schedule tables hold of one practitioner, as plain values."""

    weekly_hours: list[tuple[int, int, int]] = field(default_factory=list)
    overrides: list[tuple[date, list[list[int]]]] = field(default_factory=list)
    absences: list[tuple[datetime, datetime, str | None]] = field(default_factory=list)


def schedule_rows_of(
    session: Session, practitioner_ids: Sequence[int], *, from_day: date, absent_after: datetime
) -> Mapping[int, ScheduleRows]:
    """Read the schedules of several practitioners in three queries.

    Overrides before `from_day` and absences that ended by `absent_after` are left out.
    """
    found: dict[int, ScheduleRows] = defaultdict(ScheduleRows)
    of_whom = {"practitioner_ids": practitioner_ids}
    for owner, weekday, starts_minute, ends_minute in session.execute(_WEEKLY_HOURS, of_whom):
        found[owner].weekly_hours.append((weekday, starts_minute, ends_minute))
    for owner, day, hours in session.execute(_OVERRIDES, {**of_whom, "from_day": from_day}):
        found[owner].overrides.append((day, hours))
    still = {**of_whom, "absent_after": absent_after}
    for owner, starts, ends, reason in session.execute(_ABSENCES, still):
        found[owner].absences.append((starts, ends, reason))
    return found
