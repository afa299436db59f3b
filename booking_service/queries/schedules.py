"""Reading schedules, and the cells that are taken."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import BindParameter, bindparam, func, or_, select
from sqlalchemy.orm import Session

from booking_service.models.claims import Claim
from booking_service.models.holds import Hold
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


def busy_cells_of(
    session: Session,
    practitioner_ids: Sequence[int],
    cells: range,
    *,
    now: datetime,
    client_id: int | None,
) -> Mapping[int, set[int]]:
    """Read which cells are taken, by practitioner; expired holds and the client's own do not count.

    One row comes back per appointment or hold, not per cell.
    """
    is_standing = or_(Claim.hold_id.is_(None), Hold.expires_at > now)
    ranges = (
        select(Claim.practitioner_id, func.min(Claim.cell), func.max(Claim.cell))
        .outerjoin(Hold, Hold.id == Claim.hold_id)
        .where(
            Claim.practitioner_id.in_(practitioner_ids),
            Claim.cell >= cells.start,
            Claim.cell < cells.stop,
            is_standing,
        )
        .group_by(Claim.practitioner_id, Claim.appointment_id, Claim.hold_id)
    )
    if client_id is not None:
        ranges = ranges.where(or_(Claim.hold_id.is_(None), Claim.client_id != client_id))
    found: dict[int, set[int]] = defaultdict(set)
    for practitioner_id, first, last in session.execute(ranges):
        found[practitioner_id].update(range(first, last + 1))
    return found
