"""Who of the directory has a free hour in a window, how soon, and whether at a wished hour: laid
out as groups, so that choosing among thousands costs a few operations.

An outlook is made by looking at everybody's hours once. Later ones are made of it by looking at
those alone whose calendar has changed. Hours that somebody holds are free for that client and not
for others, and for all when the hold expires, so their owners stand apart and are looked at each
time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from booking_service.domain.directory import Directory

Bounds = Mapping[tuple[int, int], tuple[int, int]]
"""First step and end of the window, for each notice and booking window that occurs."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What an outlook answers, whoever asks: the hours of so many days from one on, of them the
    full ones of a zone if one is named, and which of them show an hour in a zone.
    """

    day: date
    days: int
    whole_hours_in: str | None
    hour: tuple[str, int | None] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """One practitioner's part: the number of the first start that counts, 0 without any; whether
    one lies at the wished hour; whether holds make it depend on who asks.
    """

    first: int
    has_hour: bool
    is_held: bool

    @classmethod
    def of(cls, wanted: int, hour: int, *, is_held: bool) -> "Prospect":
        """Make it of the starts that count, and those at the wished hour."""
        first = (wanted & -wanted).bit_length()
        return cls(first=first, has_hour=bool(wanted & hour), is_held=is_held)


NO_PROSPECT = Prospect(first=0, has_hour=False, is_held=False)


class Outlook:
    """The prospects of everybody in a directory, by place; never changes.

    `held` are those who must be looked at each time; `open`, `with_hour` and `by_first` (first
    start and group, ascending) leave them out. `revision` counts the changes of calendars that are
    in it.
    """

    def __init__(
        self,
        directory: Directory,
        prospects: Sequence[Prospect],
        *,
        bounds: Bounds,
        revision: int,
    ) -> None:
        self.directory = directory
        self.bounds = bounds
        self.revision = revision
        self._prospects = prospects
        held, hours = [], []
        by_first: dict[int, list[int]] = {}
        for place, each in enumerate(prospects):
            if each.is_held:
                held.append(place)
            elif each.first:
                by_first.setdefault(each.first, []).append(place)
                if each.has_hour:
                    hours.append(place)
        self.held = directory.group_of(held)
        self.with_hour = directory.group_of(hours)
        self.by_first = [(each, directory.group_of(by_first[each])) for each in sorted(by_first)]
        self.open = 0
        for _first, group in self.by_first:
            self.open |= group

    def with_changes(
        self, changed: Mapping[int, Prospect], *, bounds: Bounds, revision: int
    ) -> "Outlook":
        """Give the outlook in which those at some places have other prospects."""
        prospects = list(self._prospects)
        for place, prospect in changed.items():
            prospects[place] = prospect
        return Outlook(self.directory, prospects, bounds=bounds, revision=revision)


class ChangeLog:
    """Whose calendars have changed, in the order it was noticed; the last ones are remembered."""

    _MOST = 4096

    def __init__(self) -> None:
        self.revision = 0
        self._changed: list[int] = []

    def note(self, practitioner_id: int) -> None:
        """Note a change."""
        self.revision += 1
        self._changed.append(practitioner_id)
        if len(self._changed) > 2 * self._MOST:
            del self._changed[: self._MOST]

    def since(self, revision: int, until: int) -> Iterable[int] | None:
        """Give whose calendars changed between two revisions, None when that is forgotten."""
        begin = len(self._changed) - (self.revision - revision)
        end = len(self._changed) - (self.revision - until)
        return None if begin < 0 else set(self._changed[begin : max(begin, end)])
