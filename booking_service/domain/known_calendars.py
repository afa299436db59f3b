"""What this process remembers of practitioners' calendars, and how it stays right.

Laying out somebody's free hours costs a few queries and a moment; until a version moves it need not
be done again. Each request asks the database which calendars have changed since the last one, so
several processes are all right, and what has not changed is not computed again. Passing time needs
no version: notice, window and the end of holds are looked at when asked.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking_service.domain.directory import Directory, listed, listed_among
from booking_service.domain.outlooks import ChangeLog, Outlook, Question
from booking_service.domain.practitioners import PractitionerView, lengths_of
from booking_service.domain.schedules import working_schedule
from booking_service.domain.slots import Lengths, Schedule, cell_of
from booking_service.domain.starts import (
    Run,
    Starts,
    begin_of,
    offered_starts,
    part_of,
    run_of,
    step_from,
    whole_hours,
    without_cells,
)
from booking_service.models.practitioners import Practitioner
from booking_service.queries.calendars import (
    TakenCells,
    changes_since,
    position_of_changes,
    records_with_versions,
    taken_cells_of,
)
from booking_service.queries.practitioners import Listing
from booking_service.queries.schedules import ScheduleRows, schedule_rows_of

AT_ONCE = 500
"""How many calendars are read together."""
_MOST_RUNS = 4
_MOST_OUTLOOKS = 48
_A_DAY = timedelta(days=1)


@dataclass(kw_only=True, eq=False)
class OpenHours:
    """One practitioner's hours as they stood at a version, from the beginning of a day in UTC until
    the booking window of all that day's moments has ended.

    `starts` has every offered hour no appointment takes; what holds take depends on who asks and
    when.
    """

    version: int
    first_day: date
    days: int
    view: PractitionerView
    lengths: Lengths
    starts: int
    holds: Sequence[TakenCells]
    _runs: dict[str | None, Run] = field(default_factory=dict)

    @property
    def begins_at(self) -> datetime:
        """Give the instant the first step stands for."""
        return begin_of(self.first_day)

    def window(self, *, after: datetime, before: datetime, now: datetime) -> tuple[int, int]:
        """Give the first step a client may book between two instants, and the one that is outside:
        notice and booking window are kept.
        """
        settings = self.view.settings
        kept = settings.minimum_notice_minutes, settings.booking_window_days
        return window_of(*kept, self.begins_at, after=after, before=before, now=now)

    def free(self, *, now: datetime, client_id: int | None) -> int:
        """Give the starts that are free for a client, whose own holds do not count."""
        starts = self.starts
        for hold in self.holds:
            if (
                hold.expires_at is not None
                and hold.expires_at > now
                and hold.client_id != client_id
            ):
                starts = without_cells(starts, self.lengths, hold.first, hold.last, self.begins_at)
        return starts

    def starts_between(
        self, window: tuple[int, int], *, free: int, whole_hours_in: ZoneInfo | None = None
    ) -> Starts:
        """List what of `free` lies in a window; with a zone only its full hours."""
        if free != self.starts:
            return part_of(run_of(self._whole(free, whole_hours_in), self.begins_at), *window)
        key = None if whole_hours_in is None else whole_hours_in.key
        run = self._runs.get(key)
        if run is None:
            run = run_of(self._whole(free, whole_hours_in), self.begins_at)
            if len(self._runs) >= _MOST_RUNS:
                self._runs.clear()
            self._runs[key] = run
        return part_of(run, *window)

    def _whole(self, starts: int, zone: ZoneInfo | None) -> int:
        return starts if zone is None else starts & whole_hours(zone, self.first_day, self.days)


def window_of(
    notice_minutes: int,
    window_days: int,
    begins_at: datetime,
    *,
    after: datetime,
    before: datetime,
    now: datetime,
) -> tuple[int, int]:
    """Give the first step that may be booked between two instants with a notice and a booking
    window, and the one that is outside.
    """
    earliest = now + timedelta(minutes=notice_minutes)
    soonest = max(after, earliest, now + timedelta(microseconds=1))
    latest = min(before, now + timedelta(days=window_days))
    return step_from(soonest, begins_at), step_from(latest, begins_at)


class KnownCalendars:
    """The memory itself; one per process, used by all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position: int | None = None
        self._versions: dict[int, int] = {}
        self._hours: dict[int, OpenHours] = {}
        self._listed: dict[int, Listing] | None = None
        self._listed_at: dict[int, int] = {}
        self._unread: dict[int, int] = {}
        self._directory = Directory(())
        self._changes = ChangeLog()
        self._outlooks: OrderedDict[Question, Outlook] = OrderedDict()

    def present(self, session: Session, *, now: datetime) -> "PresentCalendars":
        """Give the calendars as this snapshot of the database has them.

        Whoever asks must write nothing in this transaction: what is read is remembered, and an
        undone change would be too.
        """
        if self._position is None:
            position = position_of_changes(session)
            with self._lock:
                if self._position is None:
                    self._position = position
                    revision = self._changes.revision
                    return PresentCalendars(self, session, revision=revision, now=now)
        changed, following = changes_since(session, self._position)
        with self._lock:
            for practitioner_id, version in changed:
                if self._versions.get(practitioner_id, 0) < version:
                    self._versions[practitioner_id] = version
                    self._unread[practitioner_id] = version
                    self._changes.note(practitioner_id)
            self._position = max(self._position, following)
            revision = self._changes.revision
        return PresentCalendars(self, session, revision=revision, now=now)

    def directory(self, session: Session) -> Directory:
        """Give who is listed; see `PresentCalendars`."""
        with self._lock:
            is_known, unread = self._listed is not None, dict(self._unread)
        if not is_known:
            first = listed(session)
            with self._lock:
                if self._listed is None:
                    self._listed = dict(first)
                    self._directory = Directory(self._listed.values())
            return self.directory(session) if self._unread else self._directory
        if unread:
            read: dict[int, Listing] = {}
            for ids in _batches(list(unread)):
                read |= listed_among(session, ids)
            self._take(unread, read)
        return self._directory

    def _take(self, unread: Mapping[int, int], read: Mapping[int, Listing]) -> None:
        """Keep what was read of the changed ones, unless somebody has read a later state."""
        with self._lock:
            present = dict(self._listed or {})
            for practitioner_id, version in unread.items():
                if self._listed_at.get(practitioner_id, 0) > version:
                    continue
                self._listed_at[practitioner_id] = version
                if self._unread.get(practitioner_id) == version:
                    del self._unread[practitioner_id]
                if practitioner_id in read:
                    present[practitioner_id] = read[practitioner_id]
                else:
                    present.pop(practitioner_id, None)
            if present != self._listed:
                self._listed = present
                self._directory = Directory(present.values())

    def hours(
        self, session: Session, practitioner_ids: Iterable[int], *, day: date
    ) -> Mapping[int, OpenHours]:
        """Give the hours of practitioners; see `PresentCalendars`."""
        found: dict[int, OpenHours] = {}
        missing = []
        versions, known = self._versions, self._hours
        for each in practitioner_ids:
            hours = known.get(each)
            if hours and hours.first_day == day and hours.version >= versions.get(each, 0):
                found[each] = hours
            else:
                missing.append(each)
        for ids in _batches(missing):
            read = _read_hours(session, ids, day)
            found |= read
            with self._lock:
                for each, hours in read.items():
                    kept = self._hours.get(each)
                    if not kept or kept.first_day != day or kept.version <= hours.version:
                        self._hours[each] = hours
        return found

    def outlook(self, question: Question, revision: int) -> tuple[Outlook, Iterable[int]] | None:
        """Give the kept outlook and whose calendars have changed up to a revision since it was
        made; None when there is none that could be brought up to date.
        """
        with self._lock:
            kept = self._outlooks.get(question)
            if kept is None:
                return None
            self._outlooks.move_to_end(question)
            changed = self._changes.since(kept.revision, revision)
        return None if changed is None else (kept, changed)

    def keep_outlook(self, question: Question, outlook: Outlook) -> None:
        """Keep an outlook, unless somebody has made a later one."""
        with self._lock:
            kept = self._outlooks.get(question)
            if kept is not None and kept.revision > outlook.revision:
                return
            self._outlooks[question] = outlook
            while len(self._outlooks) > _MOST_OUTLOOKS:
                self._outlooks.popitem(last=False)


class PresentCalendars:
    """The calendars as one transaction sees them; `revision` counts the changes known by then."""

    def __init__(
        self, known: KnownCalendars, session: Session, *, revision: int, now: datetime
    ) -> None:
        self._known = known
        self._session = session
        self.revision = revision
        self.now = now

    @property
    def day(self) -> date:
        """Give the day, in UTC, from whose beginning hours are laid out."""
        return self.now.date()

    def directory(self) -> Directory:
        """Give who is listed."""
        return self._known.directory(self._session)

    def hours_of(self, practitioner_ids: Iterable[int]) -> Mapping[int, OpenHours]:
        """Give the hours of practitioners, listed or not; unknown ones are left out."""
        return self._known.hours(self._session, practitioner_ids, day=self.day)

    def outlook(self, question: Question) -> tuple[Outlook, Iterable[int]] | None:
        """Give an outlook made before, and whose calendars have changed since."""
        return self._known.outlook(question, self.revision)

    def keep_outlook(self, question: Question, outlook: Outlook) -> None:
        """Keep an outlook for others who ask the same."""
        self._known.keep_outlook(question, outlook)

    def free_starts_of(
        self,
        practitioner_id: int,
        *,
        after: datetime,
        before: datetime,
        client_id: int | None,
        session_minutes: int | None = None,
    ) -> Starts:
        """List what a client may book with one practitioner between two instants, ascending; hours
        the client holds count as free. With `session_minutes` they fit an appointment of that
        length instead of the record's.
        """
        if session_minutes is None:
            hours = self.hours_of([practitioner_id])[practitioner_id]
        else:
            read = _read_hours(self._session, [practitioner_id], self.day, session_minutes)
            hours = read[practitioner_id]
        window = hours.window(after=after, before=before, now=self.now)
        free = hours.free(now=self.now, client_id=client_id)
        return hours.starts_between(window, free=free)


def _read_hours(
    session: Session,
    practitioner_ids: Sequence[int],
    day: date,
    session_minutes: int | None = None,
) -> Mapping[int, OpenHours]:
    """Read the versions with the records and before everything else: what is read after them can
    only be newer, and is then read again the next time.
    """
    records = records_with_versions(session, practitioner_ids)
    begins_at = begin_of(day)
    schedules = schedule_rows_of(
        session, practitioner_ids, from_day=day - _A_DAY, absent_after=begins_at
    )
    most_days = max((each.booking_window_days for each, _version in records), default=0)
    ends_at = begins_at + (most_days + 2) * _A_DAY
    taken = taken_cells_of(session, practitioner_ids, range(cell_of(begins_at), cell_of(ends_at)))
    return {
        record.id: _open_hours(
            record,
            version,
            day,
            working_schedule(record.time_zone, schedules.get(record.id, ScheduleRows())),
            taken.get(record.id, ()),
            lengths_of(record, session_minutes),
        )
        for record, version in records
    }


def _open_hours(
    record: Practitioner,
    version: int,
    day: date,
    schedule: Schedule,
    taken: Sequence[TakenCells],
    lengths: Lengths,
) -> OpenHours:
    days, begins_at = record.booking_window_days + 1, begin_of(day)
    starts = offered_starts(schedule, lengths, day, days)
    for each in taken:
        if each.expires_at is None:
            starts = without_cells(starts, lengths, each.first, each.last, begins_at)
    return OpenHours(
        version=version,
        first_day=day,
        days=days,
        view=PractitionerView.of(record),
        lengths=lengths,
        starts=starts,
        holds=[each for each in taken if each.expires_at is not None],
    )


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
