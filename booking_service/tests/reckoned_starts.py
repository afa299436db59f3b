"""Free hours reckoned one by one from a schedule, as a person would: what the queries, which never
reckon them, are compared with.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from booking_service.domain.slots import Lengths, Schedule, offered_on


def is_whole_hour(moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an instant is the first at which a zone's wall clock shows a full hour."""
    local = moment.astimezone(zone)
    return not (local.minute or local.second or local.microsecond or local.fold)


def free_starts(
    schedule: Schedule,
    lengths: Lengths,
    *,
    earliest: datetime,
    before: datetime,
    busy_cells: Collection[int],
) -> list[datetime]:
    """Give the starts from `earliest` (inside) to `before` (outside) whose cells nobody has."""
    if before <= earliest:
        return []
    zone = ZoneInfo(schedule.time_zone)
    day, last = earliest.astimezone(zone).date(), before.astimezone(zone).date()
    busy = frozenset(busy_cells)
    found = []
    while day <= last:
        found += [
            starts_at
            for starts_at in offered_on(schedule, lengths, day)
            if earliest <= starts_at < before
            and busy.isdisjoint(lengths.hour_at(starts_at).practitioner_cells)
        ]
        day += timedelta(days=1)
    return found
