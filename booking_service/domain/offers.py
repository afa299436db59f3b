"""Which hours may be taken now: schedule, notice, window; and a practitioner's list of free
ones.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking_service.domain.practitioners import lengths_of
from booking_service.domain.schedules import working_schedules
from booking_service.domain.slots import Hour, Lengths, cell_of, free_starts, is_offered
from booking_service.errors import HourNotOffered
from booking_service.models.practitioners import Practitioner
from booking_service.queries.schedules import busy_cells_of


def offered_hour(
    session: Session,
    practitioner: Practitioner,
    starts_at: datetime,
    *,
    now: datetime,
    is_staff: bool = False,
    lengths: Lengths | None = None,
) -> Hour:
    """Give the hour that begins at an instant when the practitioner offers it; staff need neither
    keep the notice nor stay in the window. `lengths` are the record's, or those of an appointment
    that is moved.

    Raises:
        HourNotOffered: `reason` is past, too_soon, beyond_window or not_in_schedule.
    """
    if starts_at <= now:
        raise HourNotOffered(reason="past")
    if not is_staff and starts_at < practitioner.earliest_start(now):
        raise HourNotOffered(reason="too_soon")
    if not is_staff and starts_at >= practitioner.latest_start(now):
        raise HourNotOffered(reason="beyond_window")
    schedule = working_schedules(session, [practitioner], earliest=now)[practitioner.id]
    lengths = lengths or lengths_of(practitioner)
    if not is_offered(schedule, lengths, starts_at):
        raise HourNotOffered(reason="not_in_schedule")
    return lengths.hour_at(starts_at)


def free_hours(
    session: Session,
    practitioners: Sequence[Practitioner],
    *,
    after: datetime,
    before: datetime,
    now: datetime,
    client_id: int | None,
    session_minutes: int | None = None,
) -> Mapping[int, list[datetime]]:
    """Give what a client may book between two instants, by practitioner, ascending; in four
    queries however many practitioners there are.

    Hours the client holds count as free. With `session_minutes` they fit an appointment of that
    length instead of the record's.
    """
    if not practitioners or before <= after:
        return {each.id: [] for each in practitioners}
    schedules = working_schedules(session, practitioners, earliest=after)
    lengths = {each.id: lengths_of(each, session_minutes) for each in practitioners}
    longest = max(each.session_minutes + each.buffer_minutes for each in lengths.values())
    cells = range(cell_of(after), cell_of(before + timedelta(minutes=longest)) + 1)
    busy = busy_cells_of(
        session, [each.id for each in practitioners], cells, now=now, client_id=client_id
    )
    return {
        each.id: free_starts(
            schedules[each.id],
            lengths[each.id],
            earliest=max(after, each.earliest_start(now), now + timedelta(microseconds=1)),
            before=min(before, each.latest_start(now)),
            busy_cells=busy.get(each.id, ()),
        )
        for each in practitioners
    }
