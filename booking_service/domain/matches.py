"""Matching clients and therapists: hard wishes first, then shared topics, then a fair rotation.

Hard wishes: therapy type, language, gender, price, and the hour when a specific one is asked for.
Listed are those who meet them all; when nobody does, those who miss the fewest, each saying what
was relaxed. Among equals more shared topics come first (with the time preference `nearest`, the
earlier free hour before that), then an order that is different for every client and day, so that
nobody is always last. Only therapists with a free hour in the window are listed.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking_service.domain.code_lists import PRICE_BANDS_BY_ID
from booking_service.domain.matching_preferences import PreferencesView
from booking_service.domain.offers import free_hours
from booking_service.domain.practitioners import PractitionerView
from booking_service.domain.slots import is_whole_hour
from booking_service.models.people import Person
from booking_service.models.practitioners import Practitioner
from booking_service.queries.matching_preferences import preferences_of
from booking_service.queries.practitioners import published_practitioners

AT_ONCE = 100
"""How many therapists' schedules are read together."""


@dataclass(frozen=True, kw_only=True)
class FindMatches:
    """Which days from now on count, and how many therapists are wanted; with `whole_hours_in` only
    hours count that a full hour of that zone names: of a doubled one the first.
    """

    days: int = 28
    limit: int = 50
    whole_hours_in: ZoneInfo | None = None


@dataclass(frozen=True, kw_only=True)
class Match:
    """A therapist who fits, with the free hours of the window and how the wishes were met."""

    practitioner: PractitionerView
    slots: Sequence[datetime]
    meets: Sequence[str]
    relaxed: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    practitioner: Practitioner
    met: tuple[str, ...]
    unmet: tuple[str, ...]
    shared_topics: int
    turn: bytes


@dataclass(frozen=True, kw_only=True)
class _Found:
    candidate: _Candidate
    slots: Sequence[datetime]
    met: tuple[str, ...]
    unmet: tuple[str, ...]


def find_matches(
    session: Session,
    command: FindMatches,
    *,
    client_id: int,
    default_time_zone: str,
    now: datetime,
) -> Sequence[Match]:
    """Give the therapists that fit a client's wishes best, best first; in six queries for up to a
    hundred listed therapists.

    A client who never told any wishes gets everybody. A wished hour is meant in the zone whose full
    hours are asked for, else in the client's, or where that is unknown in the service's.
    """
    kept = preferences_of(session, client_id)
    wishes = None if kept is None else PreferencesView.of(kept)
    person = session.get(Person, client_id)
    zone = command.whole_hours_in or ZoneInfo((person and person.time_zone) or default_time_zone)
    candidates = [
        _candidate(each, wishes, client_id=client_id, now=now)
        for each in published_practitioners(session)
    ]
    found = _nearest(session, candidates, wishes, command, client_id=client_id, zone=zone, now=now)
    found.sort(key=lambda each: _order(each, wishes))
    return [_match(each) for each in found[: command.limit]]


def _nearest(
    session: Session,
    candidates: Sequence[_Candidate],
    wishes: PreferencesView | None,
    command: FindMatches,
    *,
    client_id: int,
    zone: ZoneInfo,
    now: datetime,
) -> list[_Found]:
    """Read free hours of the best candidates first, and stop when no other can be as near."""
    best: int | None = None
    found: list[_Found] = []
    is_order_known = wishes is None or wishes.time_preference != "nearest"
    for chunk in _chunks(candidates):
        if best is not None and len(chunk[0].unmet) > best:
            break
        hours = _wanted_hours(session, chunk, command, client_id=client_id, now=now)
        found += [
            _with_hours(each, hours[each.practitioner.id], wishes, zone)
            for each in chunk
            if hours[each.practitioner.id]
        ]
        best = min((len(each.unmet) for each in found), default=None)
        enough = sum(not each.unmet for each in found) >= command.limit
        if enough and is_order_known:
            break
    return [each for each in found if len(each.unmet) == best]


def _wanted_hours(
    session: Session,
    candidates: Sequence[_Candidate],
    command: FindMatches,
    *,
    client_id: int,
    now: datetime,
) -> Mapping[int, Sequence[datetime]]:
    hours = free_hours(
        session,
        [each.practitioner for each in candidates],
        after=now,
        before=now + timedelta(days=command.days),
        now=now,
        client_id=client_id,
    )
    zone = command.whole_hours_in
    if zone is None:
        return hours
    return {
        practitioner_id: [start for start in starts if is_whole_hour(start, zone)]
        for practitioner_id, starts in hours.items()
    }


def _chunks(candidates: Sequence[_Candidate]) -> Iterator[Sequence[_Candidate]]:
    """Give candidates of equally many unmet wishes together, at most a hundred at once."""
    ordered = sorted(candidates, key=lambda each: (len(each.unmet), -each.shared_topics, each.turn))
    for _unmet, group in groupby(ordered, key=lambda each: len(each.unmet)):
        members = list(group)
        for start in range(0, len(members), AT_ONCE):
            yield members[start : start + AT_ONCE]


def _candidate(
    practitioner: Practitioner, wishes: PreferencesView | None, *, client_id: int, now: datetime
) -> _Candidate:
    checks = {} if wishes is None else _checks(practitioner, wishes)
    topics = set() if wishes is None else set(wishes.topics) & set(practitioner.topics)
    return _Candidate(
        practitioner=practitioner,
        met=tuple(name for name, is_met in checks.items() if is_met),
        unmet=tuple(name for name, is_met in checks.items() if not is_met),
        shared_topics=len(topics),
        turn=hashlib.sha256(f"{now:%Y-%m-%d}/{client_id}/{practitioner.id}".encode()).digest(),
    )


def _checks(practitioner: Practitioner, wishes: PreferencesView) -> dict[str, bool]:
    """Tell for each hard wish a record alone can answer whether it is met."""
    checks = {"therapy_type": wishes.therapy_type in practitioner.therapy_types}
    if wishes.language is not None:
        checks["language"] = wishes.language in practitioner.languages
    if wishes.preferred_gender != "any":
        checks["gender"] = practitioner.gender == wishes.preferred_gender
    band = PRICE_BANDS_BY_ID[wishes.price_band]
    if band.upper_bound_minor_units is not None:
        checks["price"] = (
            practitioner.currency == band.currency
            and practitioner.price_minor_units <= band.upper_bound_minor_units
        )
    return checks


def _with_hours(
    candidate: _Candidate,
    slots: Sequence[datetime],
    wishes: PreferencesView | None,
    zone: ZoneInfo,
) -> _Found:
    met, unmet = candidate.met, candidate.unmet
    if wishes is not None and wishes.time_preference == "specific":
        has_hour = any(each.astimezone(zone).hour == wishes.preferred_hour for each in slots)
        met, unmet = (*met, "hour") if has_hour else met, unmet if has_hour else (*unmet, "hour")
    return _Found(candidate=candidate, slots=slots, met=met, unmet=unmet)


def _order(found: _Found, wishes: PreferencesView | None) -> tuple[object, ...]:
    candidate = found.candidate
    rank = (-candidate.shared_topics, candidate.turn)
    if wishes is not None and wishes.time_preference == "nearest":
        return (found.slots[0], *rank)
    return rank


def _match(found: _Found) -> Match:
    topics = ("topics",) if found.candidate.shared_topics else ()
    return Match(
        practitioner=PractitionerView.of(found.candidate.practitioner),
        slots=found.slots,
        meets=(*found.met, *topics),
        relaxed=found.unmet,
    )
