"""Reading schedules."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from booking_service.models.schedules import Absence, ScheduleOverride, WeeklyHours

# Every booking and every list of free hours asks these three: they are put together once.
_PRACTITIONER_IDS: BindParameter[Sequence[int]] = bindparam("practitioner_ids", expanding=True)
_WEEKLY_HOURS = (
    select(
        WeeklyHours.practitioner_id,
        WeeklyHours.weekday,
        WeeklyHours.starts_minute,
        WeeklyHours.ends_minute,
    )
    .where(WeeklyHours.practitioner_id.in_(_PRACTITIONER_IDS))
    .order_by(WeeklyHours.weekday, WeeklyHours.starts_minute)
)
_OVERRIDES = (
    select(ScheduleOverride.practitioner_id, ScheduleOverride.date, ScheduleOverride.hours)
    .where(
        ScheduleOverride.practitioner_id.in_(_PRACTITIONER_IDS),
        ScheduleOverride.date >= bindparam("from_day"),
    )
    .order_by(ScheduleOverride.date)
)
_ABSENCES = (
    select(Absence.practitioner_id, Absence.starts_at, Absence.ends_at, Absence.reason)
    .where(
        Absence.practitioner_id.in_(_PRACTITIONER_IDS),
        Absence.ends_at > bindparam("absent_after"),
    )
    .order_by(Absence.starts_at)
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
