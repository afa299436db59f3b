"""Which hours may be taken now: schedule, notice, window. Lists of free ones are made by
`known_calendars`.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from booking_service.domain.practitioners import lengths_of
from booking_service.domain.schedules import working_schedules
from booking_service.domain.slots import Hour, Lengths, is_offered
from booking_service.errors import HourNotOffered
from booking_service.models.practitioners import Practitioner


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
