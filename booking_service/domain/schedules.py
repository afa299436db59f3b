"""Schedules: replacing one, and reading it as the pure rules of `slots` want it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from booking_service.domain.calendars import practitioner_for_update
from booking_service.domain.practitioners import (
    announce_change,
    time_zone_errors,
    work_in_zone,
)
from booking_service.domain.slots import CELL_MINUTES, Period, Schedule, Stretch
from booking_service.models.practitioners import Practitioner
from booking_service.models.schedules import Absence, ScheduleOverride, WeeklyHours
from booking_service.queries.schedules import ScheduleRows, schedule_rows_of
from shared.entity_tags import NO_PRECONDITION, Precondition
from shared.errors import InvalidRequest

_LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True, kw_only=True)
class WeeklyStretch:
    """A stretch of every week; Monday is 0."""

    weekday: int
    stretch: Stretch


@dataclass(frozen=True, kw_only=True)
class DatedStretches:
    """What holds on one date instead; no stretch is a day off."""

    date: date
    stretches: Sequence[Stretch]


@dataclass(frozen=True, kw_only=True)
class Away:
    """A time away, and why, for staff and the therapist only."""

    period: Period
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class WriteSchedule:
    """A whole schedule; what it does not name is gone."""

    time_zone: str
    weekly_hours: Sequence[WeeklyStretch] = ()
    overrides: Sequence[DatedStretches] = ()
    absences: Sequence[Away] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class ScheduleView:
    """A schedule as it leaves the transaction."""

    time_zone: str
    weekly_hours: Sequence[WeeklyStretch]
    overrides: Sequence[DatedStretches]
    absences: Sequence[Away]

    @property
    def has_entries(self) -> bool:
        """Tell whether there is anything that could be lost."""
        return bool(self.weekly_hours or self.overrides or self.absences)


def replace_schedule(
    session: Session,
    practitioner_id: int,
    command: WriteSchedule,
    *,
    precondition: Precondition = NO_PRECONDITION,
    now: datetime,
) -> ScheduleView:
    """Replace a practitioner's schedule. Appointments that stand outside it stay. One that has
    anything in it is replaced only by who says which state of it they have read.

    Raises:
        PractitionerNotFound: nobody has a record under that id.
        PreconditionRequired, PreconditionFailed: see `shared.entity_tags`.
        InvalidRequest: stretches overlap, a date stands twice, an end is not after its start, or
            something is off the ten-minute grid.
    """
    check_schedule(command, today=now.date())
    practitioner = practitioner_for_update(session, practitioner_id)
    present = schedule_of(session, practitioner)
    precondition.check(present, is_required=present.has_entries)
    work_in_zone(session, practitioner, command.time_zone, now=now)
    announce_change(session, practitioner)
    for table in (WeeklyHours, ScheduleOverride, Absence):
        session.execute(delete(table).where(table.practitioner_id == practitioner_id))
    _insert(session, practitioner_id, command)
    return schedule_of(session, practitioner)


def schedule_of(session: Session, practitioner: Practitioner) -> ScheduleView:
    """Give a practitioner's whole schedule."""
    rows = schedule_rows_of(
        session,
        [practitioner.id],
        from_day=_LONG_AGO,
        absent_after=datetime(1900, 1, 1, tzinfo=UTC),
    )
    found = rows.get(practitioner.id, ScheduleRows())
    return ScheduleView(
        time_zone=practitioner.time_zone,
        weekly_hours=[
            WeeklyStretch(weekday=day, stretch=Stretch(starts_minute=starts, ends_minute=ends))
            for day, starts, ends in found.weekly_hours
        ],
        overrides=[
            DatedStretches(date=day, stretches=_stretches(hours)) for day, hours in found.overrides
        ],
        absences=[
            Away(period=Period(starts_at=starts, ends_at=ends), reason=reason)
            for starts, ends, reason in found.absences
        ],
    )


def working_schedules(
    session: Session, practitioners: Sequence[Practitioner], *, earliest: datetime
) -> Mapping[int, Schedule]:
    """Give the schedules of several practitioners from an instant on, by practitioner."""
    rows = schedule_rows_of(
        session,
        [each.id for each in practitioners],
        from_day=(earliest - timedelta(days=1)).date(),
        absent_after=earliest,
    )
    return {
        each.id: working_schedule(each.time_zone, rows.get(each.id, ScheduleRows()))
        for each in practitioners
    }


def check_schedule(command: WriteSchedule, *, today: date) -> None:
    """Refuse a schedule that contradicts itself.

    Raises:
        InvalidRequest: naming each part.
    """
    errors = time_zone_errors(command.time_zone, today=today)
    by_weekday: dict[int, list[Stretch]] = defaultdict(list)
    for each in command.weekly_hours:
        by_weekday[each.weekday].append(each.stretch)
    weekly = {text for stretches in by_weekday.values() for text in _faults(stretches)}
    if weekly:
        errors["weekly_hours"] = sorted(weekly)
    dated = {text for each in command.overrides for text in _faults(each.stretches)}
    if len({each.date for each in command.overrides}) < len(command.overrides):
        dated.add("A date stands twice.")
    if dated:
        errors["overrides"] = sorted(dated)
    if any(each.period.ends_at <= each.period.starts_at for each in command.absences):
        errors["absences"] = ["An absence must end after it starts."]
    if errors:
        raise InvalidRequest(errors=errors)


def _faults(stretches: Sequence[Stretch]) -> set[str]:
    faults = set()
    ordered = sorted(stretches, key=lambda each: each.starts_minute)
    if any(each.ends_minute <= each.starts_minute for each in ordered):
        faults.add("Hours must end after they start.")
    if any(after.starts_minute < before.ends_minute for before, after in pairwise(ordered)):
        faults.add("Hours overlap.")
    minutes = [minute for each in ordered for minute in (each.starts_minute, each.ends_minute)]
    if any(minute % CELL_MINUTES for minute in minutes):
        faults.add(f"Hours must begin and end on a multiple of {CELL_MINUTES} minutes.")
    return faults


def working_schedule(time_zone: str, rows: ScheduleRows) -> Schedule:
    """Make what the pure rules want of what the tables hold."""
    weekly: dict[int, list[Stretch]] = defaultdict(list)
    for weekday, starts, ends in rows.weekly_hours:
        weekly[weekday].append(_stretch(starts, ends))
    return Schedule(
        time_zone=time_zone,
        weekly_hours=weekly,
        overrides={day: _stretches(hours) for day, hours in rows.overrides},
        absences=[
            Period(starts_at=starts, ends_at=ends) for starts, ends, _reason in rows.absences
        ],
    )


def _stretches(hours: Sequence[Sequence[int]]) -> list[Stretch]:
    return [_stretch(starts, ends) for starts, ends in hours]


@lru_cache(maxsize=4096)
def _stretch(starts_minute: int, ends_minute: int) -> Stretch:
    """Make a stretch, or give the one made before: many practitioners work at the same times."""
    return Stretch(starts_minute=starts_minute, ends_minute=ends_minute)


def _insert(session: Session, practitioner_id: int, command: WriteSchedule) -> None:
    weekly = [
        {
            "practitioner_id": practitioner_id,
            "weekday": each.weekday,
            "starts_minute": each.stretch.starts_minute,
            "ends_minute": each.stretch.ends_minute,
        }
        for each in command.weekly_hours
    ]
    overrides = [
        {
            "practitioner_id": practitioner_id,
            "date": each.date,
            "hours": [
                [stretch.starts_minute, stretch.ends_minute]
                for stretch in sorted(each.stretches, key=lambda one: one.starts_minute)
            ],
        }
        for each in command.overrides
    ]
    absences = [
        {
            "practitioner_id": practitioner_id,
            "starts_at": each.period.starts_at,
            "ends_at": each.period.ends_at,
            "reason": each.reason,
        }
        for each in command.absences
    ]
    for table, rows in ((WeeklyHours, weekly), (ScheduleOverride, overrides), (Absence, absences)):
        if rows:
            session.execute(insert(table), rows)
