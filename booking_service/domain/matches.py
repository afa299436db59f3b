"""Matching clients and therapists: hard wishes first, then shared topics, then a fair rotation.

Hard wishes: therapy type, language, gender, price, and the hour when a specific one is asked for.
Listed are those who meet them all; when nobody does, those who miss the fewest, each saying what
was relaxed. Among equals more shared topics come first (with the time preference `nearest`, the
earlier free hour before that), then an order that is different for every client and day, so that
nobody is always last. Only therapists with a free hour in the window are listed.

Wishes are weighed for everybody at once on the directory's bits. Hours are looked at in the order
of the answer, and only until a page is full; where they decide the order or few have one, an
outlook tells whose are worth a look.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking_service.domain.code_lists import PRICE_BANDS_BY_ID
from booking_service.domain.directory import Directory, Tally, Turn
from booking_service.domain.known_calendars import (
    AT_ONCE,
    OpenHours,
    PresentCalendars,
    window_of,
)
from booking_service.domain.matching_preferences import PreferencesView
from booking_service.domain.outlooks import NO_PROSPECT, Bounds, Outlook, Prospect, Question
from booking_service.domain.practitioners import PractitionerView
from booking_service.domain.starts import (
    STEPS_A_DAY,
    Starts,
    begin_of,
    between,
    starts_within_hour,
    whole_hours,
)
from booking_service.queries.matching_preferences import preferences_and_zone_of

LOOKS_WITHOUT_OUTLOOK = 500
"""How many are looked at without an outlook before one is made for the next who asks."""


_BOUNDS = (10, 10**10, 1000, 10**20)
"""Of what a place names beside its day."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a therapist stands in the order a client got on a day: how many hard wishes are not
    met, the step of the first free hour (0 where that does not count), shared topics, the turn.
    """

    day: date
    unmet: int
    first_step: int
    shared_topics: int
    turn: int

    @classmethod
    def of(cls, numbers: Sequence[int]) -> "Place":
        """Read the place from its numbers.

        Raises:
            ValueError, OverflowError: no list has it.
        """
        day, *others = numbers
        if not all(0 <= each < bound for each, bound in zip(others, _BOUNDS, strict=True)):
            raise ValueError(numbers)
        unmet, first_step, shared_topics, turn = others
        return cls(
            day=date.fromordinal(day),
            unmet=unmet,
            first_step=first_step,
            shared_topics=shared_topics,
            turn=turn,
        )

    @property
    def numbers(self) -> tuple[int, ...]:
        """Give the numbers `of` reads."""
        return self.day.toordinal(), self.unmet, self.first_step, self.shared_topics, self.turn

    @property
    def order(self) -> tuple[int, int, int]:
        """Give what grows along the list."""
        return self.first_step, -self.shared_topics, self.turn


@dataclass(frozen=True, kw_only=True)
class FindMatches:
    """Which days from now on count, and how many therapists are wanted, from the one behind `after`
    on; with `whole_hours_in` only hours count that a full hour of that zone names: of a doubled one
    the first.
    """

    days: int = 28
    limit: int = 50
    whole_hours_in: ZoneInfo | None = None
    after: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Match:
    """A therapist who fits, with the free hours of the window and how the wishes were met."""

    practitioner: PractitionerView
    slots: Starts
    meets: Sequence[str]
    relaxed: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class MatchPage:
    """A part of the list, and the place behind which it goes on; None at its end."""

    matches: Sequence[Match]
    last: Place | None


@dataclass(frozen=True, kw_only=True)
class _Found:
    place: Place
    seat: int
    hours: OpenHours
    free: int
    has_hour: bool


def find_matches(
    session: Session,
    command: FindMatches,
    *,
    calendars: PresentCalendars,
    client_id: int,
    default_time_zone: str,
) -> MatchPage:
    """Give a page of the therapists that fit a client's wishes best, best first.

    A client who never told any wishes gets everybody. A wished hour is meant in the zone whose full
    hours are asked for, else in the client's, or where that is unknown in the service's. The page
    behind a place keeps the order, and how many wishes may be missed, of the page that place is
    from.
    """
    kept, time_zone = preferences_and_zone_of(session, client_id)
    wishes = None if kept is None else PreferencesView.of(session, kept)
    zone = command.whole_hours_in or ZoneInfo(time_zone or default_time_zone)
    search = _Search(calendars, wishes, command, client_id=client_id, zone=zone)
    found = search.page()
    last = found[command.limit - 1].place if len(found) > command.limit else None
    return MatchPage(matches=[search.match(each) for each in found[: command.limit]], last=last)


class _Search:
    """One client's look for therapists at one moment."""

    def __init__(
        self,
        calendars: PresentCalendars,
        wishes: PreferencesView | None,
        command: FindMatches,
        *,
        client_id: int,
        zone: ZoneInfo,
    ) -> None:
        self._calendars = calendars
        self._directory = calendars.directory()
        self._command = command
        self._client_id = client_id
        self._day = command.after.day if command.after else calendars.now.date()
        self._turn = Turn.of(f"{self._day:%Y-%m-%d}/{client_id}")
        self._checks = {} if wishes is None else _checks(self._directory, wishes)
        everybody = self._directory.everybody
        self._unmet = Tally(everybody & ~group for group in self._checks.values())
        topics = () if wishes is None else wishes.topics
        self._topics = Tally(self._directory.having("topic", each) for each in topics)
        self._is_nearest = wishes is not None and wishes.time_preference == "nearest"
        self._hour: int | None = None
        wished_hour: int | None = None
        days = command.days + 1
        if wishes is not None and wishes.time_preference == "specific":
            wished_hour = wishes.preferred_hour
            if wished_hour is None:
                self._hour = 0
            else:
                self._hour = starts_within_hour(zone, wished_hour, calendars.day, days)
        self._whole: int | None = None
        if command.whole_hours_in is not None:
            self._whole = whole_hours(command.whole_hours_in, calendars.day, days)
        self._windows: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}
        whole_in = command.whole_hours_in
        self._question = Question(
            day=calendars.day,
            days=command.days,
            whole_hours_in=None if whole_in is None else whole_in.key,
            hour=None if self._hour is None else (zone.key, wished_hour),
        )
        self._looked_at = 0
        self._outlook = self._kept_outlook()
        if self._outlook is None and self._is_nearest:
            self._outlook = self._new_outlook()

    def page(self) -> Sequence[_Found]:
        """Give one more than are wanted of those who miss the fewest wishes."""
        after = self._command.after
        levels = len(self._checks) + (self._hour is not None) + 1
        for unmet in [after.unmet] if after else range(levels):
            walk = self._nearest(unmet) if self._is_nearest else self._in_order(unmet)
            found = list(islice(walk, self._command.limit + 1))
            if found:
                break
        else:
            found = []
        if self._outlook is None and self._looked_at > LOOKS_WITHOUT_OUTLOOK:
            self._new_outlook()
        return found

    def match(self, found: _Found) -> Match:
        """Spell out which wishes are met."""
        met = [name for name, group in self._checks.items() if group >> found.seat & 1]
        unmet = [name for name in self._checks if name not in met]
        if self._hour is not None:
            (met if found.has_hour else unmet).append("hour")
        if found.place.shared_topics:
            met.append("topics")
        hours = found.hours
        return Match(
            practitioner=hours.view,
            slots=hours.starts_between(
                self._window_of(hours)[0],
                free=found.free,
                whole_hours_in=self._command.whole_hours_in,
            ),
            meets=tuple(met),
            relaxed=tuple(unmet),
        )

    def _in_order(self, unmet: int) -> Iterator[_Found]:
        """Walk those who miss so many wishes, more shared topics first, then in turn."""
        group = self._may_miss(unmet)
        for shared in range(self._topics.highest, -1, -1):
            equals = self._topics.equal_to(shared, group)
            if equals:
                yield from self._free_among(equals, unmet, shared, first_step=0)

    def _nearest(self, unmet: int) -> Iterator[_Found]:
        """Walk those who miss so many wishes, the earlier free hour first."""
        group = self._may_miss(unmet)
        since = self._calendars.day.toordinal() * STEPS_A_DAY
        for first, as_soon in self._by_first(group):
            for shared in range(self._topics.highest, -1, -1):
                equals = self._topics.equal_to(shared, as_soon & group)
                if equals:
                    yield from self._free_among(equals, unmet, shared, first_step=since + first)

    def _by_first(self, group: int) -> Iterator[tuple[int, int]]:
        """Give everybody's first start and who has it, the earlier first: of the outlook, and of
        those in a group who hold some hours for others.
        """
        if self._outlook is None:
            return
        groups = dict(self._outlook.by_first)
        held = list(self._directory.places_in(self._outlook.held & group))
        known = self._calendars.hours_of([self._directory.ids[seat] for seat in held])
        for seat in held:
            hours = known.get(self._directory.ids[seat])
            wanted = 0 if hours is None else self._wanted(hours)[1]
            if wanted:
                first = (wanted & -wanted).bit_length()
                groups[first] = groups.get(first, 0) | 1 << seat
        for first in sorted(groups):
            yield first, groups[first]

    def _may_miss(self, unmet: int) -> int:
        """Give who may miss so many wishes: with a wished hour, of those who miss one fewer of the
        others whoever has no such hour.
        """
        everybody, outlook = self._directory.everybody, self._outlook
        group = self._unmet.equal_to(unmet, everybody)
        others = 0
        if self._hour is not None and unmet:
            others = self._unmet.equal_to(unmet - 1, everybody)
        if outlook is None:
            return group | others
        if self._hour is None:
            return group & (outlook.open | outlook.held)
        without_hour = outlook.open & ~outlook.with_hour
        group &= outlook.with_hour | outlook.held
        return group | others & (without_hour | outlook.held)

    def _free_among(
        self, group: int, unmet: int, shared: int, *, first_step: int
    ) -> Iterator[_Found]:
        """Give in turn who of a group has a free hour and misses exactly so many wishes."""
        after = self._command.after.order if self._command.after else None
        equals = self._directory.in_turn(group, self._turn)
        ids = self._directory.ids
        exactly = self._unmet.equal_to(unmet, self._directory.everybody)
        if after is not None:
            equals = [each for each in equals if (first_step, -shared, each[0]) > after]
        for part in _growing_parts(equals, self._command.limit + 1):
            known = self._calendars.hours_of([ids[seat] for _turn, seat in part])
            self._looked_at += len(part)
            for turn, seat in part:
                hours = known.get(ids[seat])
                if hours is None:
                    continue
                free, wanted = self._wanted(hours)
                has_hour = self._hour is not None and bool(wanted & self._hour)
                misses_hour = self._hour is not None and not has_hour
                if wanted and misses_hour != bool(exactly >> seat & 1 or self._hour is None):
                    place = Place(
                        day=self._day,
                        unmet=unmet,
                        first_step=first_step,
                        shared_topics=shared,
                        turn=turn,
                    )
                    yield _Found(place=place, seat=seat, hours=hours, free=free, has_hour=has_hour)

    def _wanted(self, hours: OpenHours) -> tuple[int, int]:
        """Give what is free for the client, and what of it lies in the window."""
        free = hours.free(now=self._calendars.now, client_id=self._client_id)
        return free, free & self._window_of(hours)[1]

    def _window_of(self, hours: OpenHours) -> tuple[tuple[int, int], int]:
        """Give the window's first step and end, and the starts in it that count."""
        settings = hours.view.settings
        return self._window(settings.minimum_notice_minutes, settings.booking_window_days)

    def _window(self, notice: int, days: int) -> tuple[tuple[int, int], int]:
        found = self._windows.get((notice, days))
        if found is None:
            now = self._calendars.now
            before = now + timedelta(days=self._command.days)
            begins_at = begin_of(self._calendars.day)
            bounds = window_of(notice, days, begins_at, after=now, before=before, now=now)
            starts = between(*bounds)
            found = bounds, starts if self._whole is None else starts & self._whole
            self._windows[notice, days] = found
        return found

    def _kept_outlook(self) -> Outlook | None:
        """Give the outlook on this question, brought up to date; None when somebody has to look at
        all hours: none was made, time has moved a window on, or others are listed.
        """
        found = self._calendars.outlook(self._question)
        if found is None:
            return None
        kept, changed = found
        is_good = kept.directory is self._directory and all(
            self._window(*settings)[0] == bounds for settings, bounds in kept.bounds.items()
        )
        if not is_good:
            return None
        places = [self._directory.place_of.get(each) for each in changed]
        prospects = self._prospects([each for each in places if each is not None])
        if not prospects:
            return kept
        revision = max(kept.revision, self._calendars.revision)
        return self._keep(kept.with_changes(prospects, bounds=self._bounds(), revision=revision))

    def _new_outlook(self) -> Outlook:
        """Look at everybody's hours."""
        prospects = self._prospects(range(len(self._directory.ids)))
        return self._keep(
            Outlook(
                self._directory,
                list(prospects.values()),
                bounds=self._bounds(),
                revision=self._calendars.revision,
            )
        )

    def _keep(self, outlook: Outlook) -> Outlook:
        self._calendars.keep_outlook(self._question, outlook)
        return outlook

    def _bounds(self) -> Bounds:
        return {settings: bounds for settings, (bounds, _starts) in self._windows.items()}

    def _prospects(self, places: Sequence[int]) -> Mapping[int, Prospect]:
        """Look at the hours of those at some places, as nobody's holds leave them."""
        ids, found = self._directory.ids, {}
        known = self._calendars.hours_of([ids[place] for place in places])
        for place in places:
            hours = known.get(ids[place])
            if hours is None:
                found[place] = NO_PROSPECT
                continue
            wanted = hours.starts & self._window_of(hours)[1]
            found[place] = Prospect.of(wanted, self._hour or 0, is_held=bool(hours.holds))
        return found


def _growing_parts(
    equals: Sequence[tuple[int, int]], first: int
) -> Iterator[Sequence[tuple[int, int]]]:
    """Give a list in parts, each twice as long as the one before, up to what is read at once: most
    pages are full after the first, and where hardly anybody has a free hour few reads suffice.
    """
    start, length = 0, first
    while start < len(equals):
        yield equals[start : start + length]
        start, length = start + length, min(2 * length, AT_ONCE)


def _checks(directory: Directory, wishes: PreferencesView) -> Mapping[str, int]:
    """Give for each hard wish a record alone can answer who meets it."""
    checks = {"therapy_type": directory.having("therapy_type", wishes.therapy_type)}
    if wishes.language is not None:
        checks["language"] = directory.having("language", wishes.language)
    if wishes.preferred_gender != "any":
        checks["gender"] = directory.having("gender", wishes.preferred_gender)
    band = PRICE_BANDS_BY_ID[wishes.price_band]
    bound = band.upper_bound_minor_units
    if bound is not None:
        checks["price"] = directory.where(
            ("price", wishes.price_band),
            lambda each: each.currency == band.currency and each.price_minor_units <= bound,
        )
    return checks
