"""Who is listed, laid out for choosing: for each code a whole number in which bit `n` tells whether
the therapist at place `n` has it. A wish then costs one operation, however many are listed.
"""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from sqlalchemy.orm import Session

from booking_service.queries.practitioners import Listing, listings_of, published_listings

_MASK = 2**64 - 1
_MOST_PLACES = 50_000
_FROM_DIGITS = bytes.maketrans(b"01", b"\x00\x01")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """In which order equals come for one client on one day: numbers that scatter the therapists'
    own ones evenly, so that everybody is as often first as anybody else.
    """

    factor: int
    offset: int

    @classmethod
    def of(cls, seed: str) -> "Turn":
        """Make the order that belongs to a text."""
        digest = hashlib.sha256(seed.encode()).digest()
        factor = int.from_bytes(digest[:8], "big") | 1
        return cls(factor=factor, offset=int.from_bytes(digest[8:16], "big"))

    def places_of(self, numbers: Iterable[int]) -> Sequence[int]:
        """Give the places of therapists' numbers; lower ones come first."""
        factor, offset = self.factor, self.offset
        return [(number * factor + offset) & _MASK for number in numbers]


class Directory:
    """The listed therapists at one moment; never changes.

    `ids` has the practitioner at each place, `place_of` the place of each.
    """

    def __init__(self, listings: Iterable[Listing]) -> None:
        self.listings = tuple(listings)
        self.ids = tuple(each.id for each in self.listings)
        self.place_of = {each: place for place, each in enumerate(self.ids)}
        self.everybody = (1 << len(self.ids)) - 1
        self._numbers = tuple(_number_of(each) for each in self.ids)
        self._codes = {
            code: self.group_of(places) for code, places in _codes_of(self.listings).items()
        }
        self._kept: dict[object, int] = {}
        self._lock = threading.Lock()
        self._in_turn: dict[tuple[int, Turn], Sequence[tuple[int, int]]] = {}
        self._places_kept = 0

    def having(self, kind: str, code: object) -> int:
        """Give who has a code: of `therapy_type`, `language`, `topic` or `gender`."""
        return self._codes.get((kind, code), 0)

    def where(self, key: object, is_wanted: Callable[[Listing], bool]) -> int:
        """Give for whom a condition holds; `key` names it, and who was found is kept."""
        found = self._kept.get(key)
        if found is None:
            places = (place for place, each in enumerate(self.listings) if is_wanted(each))
            found = self._kept[key] = self.group_of(places)
        return found

    def places_in(self, group: int) -> Iterator[int]:
        """Give the places of a group, ascending."""
        return compress(range(len(self.ids)), _flags(group))

    def group_of(self, places: Iterable[int]) -> int:
        """Give the group of those at some places."""
        digits = bytearray(b"0") * len(self.ids)
        for place in places:
            digits[place] = 0x31
        return int(digits[::-1] or b"0", 2)

    def in_turn(self, group: int, turn: Turn) -> Sequence[tuple[int, int]]:
        """Give a group in an order: pairs of the turn and the place; the last ones are kept."""
        key = (group, turn)
        found = self._in_turn.get(key)
        if found is None:
            numbers = compress(self._numbers, _flags(group))
            places = dict(zip(turn.places_of(numbers), self.places_in(group), strict=True))
            found = [(each, places[each]) for each in sorted(places)]
            with self._lock:
                if self._places_kept + len(found) > _MOST_PLACES:
                    self._in_turn.clear()
                    self._places_kept = 0
                self._in_turn[key] = found
                self._places_kept += len(found)
        return found


class Tally:
    """For each place how many of several groups it is in, as the digits of binary numbers."""

    def __init__(self, groups: Iterable[int]) -> None:
        self._digits: list[int] = []
        for group in groups:
            carried = group
            for number, digit in enumerate(self._digits):
                self._digits[number], carried = digit ^ carried, digit & carried
            if carried:
                self._digits.append(carried)

    @property
    def highest(self) -> int:
        """Give a count nobody exceeds."""
        return (1 << len(self._digits)) - 1

    def equal_to(self, count: int, among: int) -> int:
        """Give who of a group is in exactly so many groups."""
        if count > self.highest:
            return 0
        for number, digit in enumerate(self._digits):
            among &= digit if count >> number & 1 else ~digit
        return among


def listed(session: Session) -> Mapping[int, Listing]:
    """Read everybody who is listed."""
    return {each.id: each for each in published_listings(session)}


def listed_among(session: Session, practitioner_ids: Sequence[int]) -> Mapping[int, Listing]:
    """Read who of some is listed."""
    return {each.id: each for each in listings_of(session, practitioner_ids)}


def _codes_of(listings: Sequence[Listing]) -> Mapping[tuple[str, object], Sequence[int]]:
    places: dict[tuple[str, object], list[int]] = defaultdict(list)
    for place, each in enumerate(listings):
        for code in _codes(each):
            places[code].append(place)
    return places


def _codes(listing: Listing) -> Iterator[tuple[str, object]]:
    yield ("gender", listing.gender)
    for kind, codes in (
        ("therapy_type", listing.therapy_types),
        ("language", listing.languages),
        ("topic", listing.topics),
    ):
        for code in codes:
            yield (kind, code)


def _flags(group: int) -> bytes:
    return bin(group)[:1:-1].encode().translate(_FROM_DIGITS)


def _number_of(practitioner_id: int) -> int:
    return int.from_bytes(hashlib.sha256(str(practitioner_id).encode()).digest()[:8], "big")
