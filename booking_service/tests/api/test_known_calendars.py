"""What processes remember of calendars is always what the tables say: a plain reference that reads
everything anew is compared after every kind of write, through two processes' applications.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from booking_service.app import create_app
from booking_service.domain import known_calendars, matches
from booking_service.domain.code_lists import PRICE_BANDS_BY_ID
from booking_service.domain.matching_preferences import PreferencesView
from booking_service.domain.practitioners import lengths_of
from booking_service.domain.slots import (
    Period,
    Schedule,
    Stretch,
)
from booking_service.domain.starts import offered_starts
from booking_service.jobs.pruning import prune
from booking_service.models.calendars import Calendar
from booking_service.models.claims import Claim
from booking_service.models.holds import Hold
from booking_service.models.matching_preferences import MatchingPreferences
from booking_service.models.people import Person
from booking_service.models.practitioners import Practitioner
from booking_service.models.schedules import Absence, ScheduleOverride, WeeklyHours
from booking_service.settings import Settings
from booking_service.tests.factories import (
    CLIENT,
    OTHER_CLIENT,
    STAFF,
    Door,
    StandInAccounts,
    hour,
    practitioner_body,
)
from booking_service.tests.reckoned_starts import free_starts, is_whole_hour
from shared.clock import instant_text
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker

CLIENTS = (CLIENT, OTHER_CLIENT)
SERVICE_ZONE = "Europe/Budapest"
ZONES = ["UTC", "Europe/Budapest", "America/New_York", "Asia/Kathmandu"]
MOST_THERAPISTS = 7


@pytest.fixture
def other_door(
    settings: Settings, clock: StandingClock, accounts: StandInAccounts, token_maker: TokenMaker
) -> Iterator[Door]:
    """Give the door of a second process on the same database."""
    app: Flask = create_app(settings, clock=clock, accounts=accounts)
    yield Door(app, token_maker, accounts)
    app.extensions["hearth"].database.dispose()


def listed(door: Door, query: str = "", *, who: int = CLIENT) -> dict[str, Any]:
    answer = door.get(who, f"/api/v1/matches{query}")
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def shown(door: Door, query: str = "", *, who: int = CLIENT) -> list[tuple[Any, ...]]:
    return [
        (each["practitioner"]["id"], each["slots"], set(each["meets"]), set(each["relaxed"]))
        for each in listed(door, query, who=who)["items"]
    ]


class Reference:
    """Answers as `domain/matches.py` promises, by reading everything and computing everything."""

    def __init__(self, session: Session, *, client_id: int, now: datetime) -> None:
        self.session = session
        self.client_id = client_id
        self.now = now
        kept = session.get(MatchingPreferences, client_id)
        self.wishes = None if kept is None else PreferencesView.of(session, kept)

    def free_hours(self, practitioner: Practitioner, before: datetime) -> list[datetime]:
        return free_starts(
            self._schedule_of(practitioner),
            lengths_of(practitioner),
            earliest=max(practitioner.earliest_start(self.now), self.now + timedelta.resolution),
            before=min(before, practitioner.latest_start(self.now)),
            busy_cells=self._busy_cells_of(practitioner.id),
        )

    def matches(self, days: int, zone: ZoneInfo | None) -> list[tuple[Any, ...]]:
        found = []
        for each in self._all(Practitioner, Practitioner.is_published):
            starts = self.free_hours(each, self.now + timedelta(days=days))
            if zone is not None:
                starts = [start for start in starts if is_whole_hour(start, zone)]
            if starts:
                found.append((each, starts, *self._checked(each, starts, zone)))
        fewest = min((len(unmet) for *_rest, unmet in found), default=0)
        best = [each for each in found if len(each[3]) == fewest]
        return [
            (each.id, [instant_text(start) for start in starts], met, unmet)
            for each, starts, met, unmet in sorted(best, key=self._rank)
        ]

    def _rank(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        practitioner, starts, *_rest = found
        digest = hashlib.sha256(f"{self.now:%Y-%m-%d}/{self.client_id}".encode()).digest()
        factor, offset = (int.from_bytes(digest[at : at + 8], "big") for at in (0, 8))
        own = int.from_bytes(hashlib.sha256(str(practitioner.id).encode()).digest()[:8], "big")
        turn = (own * (factor | 1) + offset) % 2**64
        rank = (-len(self._shared_topics(practitioner)), turn)
        is_nearest = self.wishes is not None and self.wishes.time_preference == "nearest"
        return (starts[0], *rank) if is_nearest else rank

    def _checked(
        self, practitioner: Practitioner, starts: list[datetime], zone: ZoneInfo | None
    ) -> tuple[set[str], set[str]]:
        wishes = self.wishes
        if wishes is None:
            return set(), set()
        checks = {"therapy_type": wishes.therapy_type in practitioner.therapy_types}
        if wishes.language is not None:
            checks["language"] = wishes.language in practitioner.languages
        if wishes.preferred_gender != "any":
            checks["gender"] = practitioner.gender == wishes.preferred_gender
        band = PRICE_BANDS_BY_ID[wishes.price_band]
        if band.upper_bound_minor_units is not None:
            is_cheap = practitioner.price_minor_units <= band.upper_bound_minor_units
            checks["price"] = is_cheap and practitioner.currency == band.currency
        if wishes.time_preference == "specific":
            person = self.session.get(Person, self.client_id)
            own = zone or ZoneInfo((person and person.time_zone) or SERVICE_ZONE)
            wanted = wishes.preferred_hour
            checks["hour"] = any(each.astimezone(own).hour == wanted for each in starts)
        met = {name for name, is_met in checks.items() if is_met}
        topics = {"topics"} if self._shared_topics(practitioner) else set()
        return met | topics, set(checks) - met

    def _shared_topics(self, practitioner: Practitioner) -> set[int]:
        return set() if self.wishes is None else set(self.wishes.topics) & set(practitioner.topics)

    def _schedule_of(self, practitioner: Practitioner) -> Schedule:
        weekly: dict[int, list[Stretch]] = defaultdict(list)
        for each in self._all(WeeklyHours, WeeklyHours.practitioner_id == practitioner.id):
            stretch = Stretch(starts_minute=each.starts_minute, ends_minute=each.ends_minute)
            weekly[each.weekday].append(stretch)
        return Schedule(
            time_zone=practitioner.time_zone,
            weekly_hours={
                day: sorted(hours, key=lambda one: one.starts_minute)
                for day, hours in weekly.items()
            },
            overrides={
                each.date: [Stretch(starts_minute=a, ends_minute=b) for a, b in each.hours]
                for each in self._all(
                    ScheduleOverride, ScheduleOverride.practitioner_id == practitioner.id
                )
            },
            absences=[
                Period(starts_at=each.starts_at, ends_at=each.ends_at)
                for each in self._all(Absence, Absence.practitioner_id == practitioner.id)
            ],
        )

    def _busy_cells_of(self, practitioner_id: int) -> set[int]:
        holds = {each.id: each for each in self._all(Hold, Hold.expires_at > self.now)}
        return {
            each.cell
            for each in self._all(Claim, Claim.practitioner_id == practitioner_id)
            if each.hold_id is None or (each.hold_id in holds and each.client_id != self.client_id)
        }

    def _all(self, model: Any, condition: Any) -> Sequence[Any]:
        return self.session.execute(select(model).where(condition)).scalars().all()


class World:
    """People who do things at random, by HTTP and behind the applications' backs."""

    def __init__(
        self, doors: Sequence[Door], database: Database, clock: StandingClock, seed: random.Random
    ) -> None:
        self.doors = doors
        self.database = database
        self.clock = clock
        self.seed = seed
        self.therapists: list[int] = []
        self.appointments: list[tuple[int, int]] = []
        self.holds: list[tuple[int, int]] = []

    @property
    def door(self) -> Door:
        return self.seed.choice(self.doors)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def record(self) -> dict[str, Any]:
        pick = self.seed.choice
        return {
            "therapy_types": pick([["individual"], ["couple"], ["individual", "couple"]]),
            "topics": sorted(self.seed.sample(range(6), self.seed.randrange(4))),
            "languages": pick([["ru"], ["en"], ["ru", "en"]]),
            "gender": pick(["man", "woman"]),
            "price_minor_units": pick([900_000, 1_000_000, 1_600_000, 3_000_000]),
            "currency": pick(["HUF", "HUF", "EUR"]),
            "session_minutes": pick([20, 50, 90]),
            "settings": {
                "minimum_notice_minutes": pick([0, 120, 3000]),
                "booking_window_days": pick([2, 60]),
                "buffer_minutes": pick([0, 10]),
            },
        }

    def open_therapist(self) -> None:
        if len(self.therapists) < MOST_THERAPISTS:
            number = 501 + len(self.therapists)
            body = {"time_zone": self.seed.choice(ZONES), **self.record()}
            self.therapists.append(self.doors[0].create_therapist(number, **body))

    def write_record(self) -> None:
        path = f"/api/v1/practitioners/{self.seed.choice(self.therapists)}"
        self.door.put(STAFF, path, practitioner_body(**self.record()))

    def publish(self) -> None:
        path = f"/api/v1/practitioners/{self.seed.choice(self.therapists)}/publication"
        self.door.put(STAFF, path)

    def withdraw(self) -> None:
        path = f"/api/v1/practitioners/{self.seed.choice(self.therapists)}/publication"
        self.door.delete(STAFF, path)

    def change_weekly_hours(self) -> None:
        who, weekday = self.seed.choice(self.therapists), self.seed.randrange(7)
        starts = 10 * self.seed.randrange(100)
        row = {
            "practitioner_id": who,
            "weekday": weekday,
            "starts_minute": starts,
            "ends_minute": starts + 10 * self.seed.randrange(1, 43),
        }
        self.write(
            delete(WeeklyHours).where(
                WeeklyHours.practitioner_id == who, WeeklyHours.weekday == weekday
            ),
            insert(WeeklyHours).values(**row),
        )

    def change_weekly_end(self) -> None:
        who = self.seed.choice(self.therapists)
        of_whom = WeeklyHours.practitioner_id == who
        self.write(update(WeeklyHours).where(of_whom).values(ends_minute=1200))

    def override_a_day(self) -> None:
        who = self.seed.choice(self.therapists)
        day = (self.now + timedelta(days=self.seed.randrange(-1, 5))).date()
        is_day = (ScheduleOverride.practitioner_id == who, ScheduleOverride.date == day)
        hours = self.seed.choice([[], [[600, 720]], [[0, 60], [900, 1440]]])
        changes: list[Any] = [delete(ScheduleOverride).where(*is_day)]
        if self.seed.random() < 0.7:
            row = {"practitioner_id": who, "date": day, "hours": hours}
            changes.append(insert(ScheduleOverride).values(**row))
        self.write(*changes)

    def be_away(self) -> None:
        who = self.seed.choice(self.therapists)
        starts_at = self.now + timedelta(seconds=self.seed.randrange(400_000))
        row = {
            "practitioner_id": who,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(seconds=self.seed.randrange(1, 100_000)),
        }
        self.write(insert(Absence).values(**row))

    def be_back(self) -> None:
        who = self.seed.choice(self.therapists)
        self.write(delete(Absence).where(Absence.practitioner_id == who))

    def book(self) -> None:
        self._take("appointments", self.appointments)

    def hold(self) -> None:
        self._take("holds", self.holds)

    def cancel(self) -> None:
        if self.appointments:
            who, number = self.seed.choice(self.appointments)
            self.door.post(who, f"/api/v1/appointments/{number}/cancellation", {})

    def move(self) -> None:
        if self.appointments:
            who, number = self.seed.choice(self.appointments)
            with_whom = self.door.get(who, f"/api/v1/appointments/{number}").json
            path = f"/api/v1/practitioners/{with_whom['practitioner_id']}/slots"
            answer = self.door.get(who, path)  # 404 where the therapist has been withdrawn and left
            if answer.status_code == 200 and answer.json["items"]:
                hour = self.seed.choice(answer.json["items"])["starts_at"]
                path = f"/api/v1/appointments/{number}/reschedule"
                moved = self.door.post(who, path, {"starts_at": hour})
                if moved.status_code == 201:
                    self.appointments.append((who, moved.json["id"]))

    def release(self) -> None:
        if self.holds:
            who, number = self.seed.choice(self.holds)
            self.door.delete(who, f"/api/v1/holds/{number}")

    def leave(self) -> None:
        self.door.post(self.seed.choice(CLIENTS), "/api/v1/care-relations/current/end", {})

    def wish(self) -> None:
        pick = self.seed.choice
        body = {
            "age": 31,
            "has_experience": False,
            "therapy_type": pick(["individual", "couple"]),
            "topics": sorted(self.seed.sample(range(6), self.seed.randrange(4))),
            "preferred_gender": pick(["any", "any", "man", "woman"]),
            "price_band": pick([0, 0, 1, 2]),
            "language": pick([None, "ru", "en"]),
        }
        when = pick(["any", "nearest", "specific"])
        body |= {"time_preference": when}
        if when == "specific":
            body["preferred_hour"] = self.seed.randrange(24)
        who = pick(CLIENTS)
        answer = self.door.put(who, "/api/v1/matching-preferences/me", body)
        assert answer.status_code == 200, answer.json

    def claim_behind_everybodys_back(self) -> None:
        held = self.door.app.extensions["hearth"].database.reading(
            lambda session: session.execute(
                select(Claim.practitioner_id, Claim.cell, Claim.appointment_id).where(
                    Claim.appointment_id.is_not(None)
                )
            ).first()
        )
        if held is not None:
            where = (Claim.practitioner_id == held[0], Claim.cell == held[1])
            self.write(delete(Claim).where(*where))

    def pass_time(self) -> None:
        self.clock.advance(minutes=self.seed.choice([1, 6, 50, 200, 60 * 23]))

    def sweep(self) -> None:
        prune(self.database, self.clock)

    def write(self, *statements: Any) -> None:
        def work(session: Session) -> None:
            for each in statements:
                session.execute(each)

        self.database.writing(work)

    def _take(self, noun: str, taken: list[tuple[int, int]]) -> None:
        who, therapist = self.seed.choice(CLIENTS), self.seed.choice(self.therapists)
        answer = self.door.get(who, f"/api/v1/practitioners/{therapist}/slots")
        free = [] if answer.status_code != 200 else answer.json["items"]
        if free:
            body = {
                "practitioner_id": therapist,
                "starts_at": self.seed.choice(free[:20])["starts_at"],
            }
            made = self.door.post(who, f"/api/v1/{noun}", body)
            if made.status_code == 201:
                taken.append((who, made.json["id"]))

    def reference(self, who: int) -> Callable[[Session], Reference]:
        return lambda session: Reference(session, client_id=who, now=self.now)

    def check(self) -> None:
        """Compare both processes' answers with the reference: the list, pages of it, free hours."""
        who = self.seed.choice(CLIENTS)
        days, zone = self.seed.choice([1, 3, 28]), self.seed.choice([None, None, *ZONES])
        # the process' own: it knows the key that the topics are sealed with
        expected = self.door.app.extensions["hearth"].database.reading(
            lambda session: self.reference(who)(session).matches(
                days, None if zone is None else ZoneInfo(zone)
            )
        )
        query = f"?days={days}" + (f"&whole_hours_in={zone}" if zone else "")
        for door in self.doors:
            assert shown(door, query, who=who) == expected
        assert self._pages(query, who) == [each[0] for each in expected]
        therapist = self.seed.choice(self.therapists)
        answer = self.door.get(who, f"/api/v1/practitioners/{therapist}/slots")
        if answer.status_code == 200:
            hours = self.door.app.extensions["hearth"].database.reading(
                lambda session: self.reference(who)(session).free_hours(
                    session.get_one(Practitioner, therapist), datetime.max.replace(tzinfo=UTC)
                )
            )
            starts = [each["starts_at"] for each in answer.json["items"]]
            assert starts == [instant_text(each) for each in hours]

    def _pages(self, query: str, who: int) -> list[int]:
        limit, cursor, found = self.seed.choice([1, 2]), "", list[int]()
        while True:
            page = listed(self.door, f"{query}&limit={limit}{cursor}", who=who)
            found += [each["practitioner"]["id"] for each in page["items"]]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"


@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32))
def test_two_processes_always_say_what_the_tables_say(
    door: Door,
    other_door: Door,
    database: Database,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
):
    seed = random.Random(number)
    monkeypatch.setattr(matches, "LOOKS_WITHOUT_OUTLOOK", seed.choice([-1, -1, 500]))
    world = World((door, other_door), database, clock, seed)
    world.therapists = [each for each in range(501, 501 + MOST_THERAPISTS) if _exists(door, each)]
    acts = (
        world.open_therapist, world.write_record, world.publish, world.withdraw,
        world.change_weekly_hours, world.change_weekly_end, world.override_a_day, world.be_away,
        world.be_back, world.book, world.book, world.hold, world.hold, world.cancel, world.move,
        world.release, world.leave, world.wish, world.wish, world.claim_behind_everybodys_back,
        world.pass_time, world.pass_time, world.sweep,
    )  # fmt: skip
    world.open_therapist()
    for _ in range(30):
        seed.choice(acts)()
        world.check()


def _exists(door: Door, practitioner_id: int) -> bool:
    return bool(door.get(STAFF, f"/api/v1/practitioners/{practitioner_id}").status_code == 200)


def versions(database: Database) -> Mapping[int, int]:
    rows = database.reading(
        lambda session: session.execute(select(Calendar.practitioner_id, Calendar.version)).all()
    )
    return {row[0]: row[1] for row in rows}


CLAIM = {"cell": 5, "client_id": CLIENT, "blocks_client": False}
DAY = date(2026, 8, 1)
WRITES = [
    insert(WeeklyHours).values(weekday=0, starts_minute=0, ends_minute=60, practitioner_id=501),
    update(WeeklyHours).values(ends_minute=700),
    delete(WeeklyHours).where(WeeklyHours.weekday == 3),
    insert(ScheduleOverride).values(practitioner_id=501, date=DAY, hours=[]),
    insert(Absence).values(
        practitioner_id=501,
        starts_at=datetime(2026, 8, 1, tzinfo=UTC),
        ends_at=datetime(2026, 8, 2, tzinfo=UTC),
    ),
    update(Practitioner).values(minimum_notice_minutes=5),
    update(Hold).values(expires_at=datetime(2026, 8, 1, tzinfo=UTC)),
    delete(Claim).where(Claim.hold_id.is_not(None)),
    delete(Hold),
    update(Claim).values(client_id=OTHER_CLIENT),
]


@pytest.mark.parametrize("write", WRITES, ids=lambda each: str(each).split("(")[0].split(" SET")[0])
def test_every_write_moves_the_version_of_its_calendar_and_no_other(
    door: Door, database: Database, write: Any
):
    mine, other = door.create_therapist(501), door.create_therapist(502)
    door.post(CLIENT, "/api/v1/holds", {"practitioner_id": mine, "starts_at": hour()})
    mine_only = write
    table = write.entity_description["entity"]
    if table in (WeeklyHours, Practitioner) and not write.is_insert:
        owner = table.id if table is Practitioner else table.practitioner_id
        mine_only = write.where(owner == mine)
    if write.is_insert and table is WeeklyHours:
        database.writing(lambda session: session.execute(delete(WeeklyHours)))
    before = versions(database)

    database.writing(lambda session: session.execute(mine_only))

    after = versions(database)
    assert after[mine] > before[mine]
    assert after[other] == before[other]


def test_letting_a_client_go_elsewhere_moves_nothing(
    door: Door, therapist: int, database: Database
):
    door.create_appointment(CLIENT, therapist, hour())
    before = versions(database)

    database.writing(lambda session: session.execute(update(Claim).values(blocks_client=False)))

    assert versions(database) == before


def test_a_write_that_is_undone_is_never_remembered(
    door: Door, other_door: Door, therapist: int, database: Database
):
    expected = shown(door)

    def refuse(session: Session) -> None:
        session.execute(delete(WeeklyHours))
        shown(other_door)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.writing(refuse)

    assert shown(door) == shown(other_door) == expected


@pytest.mark.parametrize("preference", ["any", "nearest", "specific"])
def test_one_booking_lays_one_calendar_out_again(
    door: Door, therapist: int, monkeypatch: pytest.MonkeyPatch, preference: str
):
    monkeypatch.setattr(matches, "LOOKS_WITHOUT_OUTLOOK", -1)
    laid_out: list[Schedule] = []

    def counting(schedule: Schedule, *more: Any) -> int:
        laid_out.append(schedule)
        return offered_starts(schedule, *more)

    monkeypatch.setattr(known_calendars, "offered_starts", counting)
    for _ in range(5):
        door.create_therapist()
    body = {
        "age": 31, "therapy_type": "individual", "preferred_gender": "any", "price_band": 0,
        "has_experience": False, "time_preference": preference,
        "preferred_hour": 10 if preference == "specific" else None,
    }  # fmt: skip
    assert door.put(CLIENT, "/api/v1/matching-preferences/me", body).status_code == 200
    assert len(shown(door)) == len(laid_out) == 6
    shown(door)
    assert len(laid_out) == 6

    door.create_appointment(OTHER_CLIENT, therapist, hour())
    laid_out.clear()

    assert len(shown(door)) == 6
    assert len(laid_out) == 1
    shown(door)
    assert len(laid_out) == 1


def test_a_change_that_commits_after_a_later_one_is_seen(
    door: Door, database: Database, clock: StandingClock
):
    """Transactions end in another order than they began: the number of the first is lower."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    first, second = door.create_therapist(501), door.create_therapist(502)
    shown(door)
    with Session(database.engine) as slow:
        slow.execute(delete(WeeklyHours).where(WeeklyHours.practitioner_id == first))
        database.writing(
            lambda session: session.execute(
                delete(WeeklyHours).where(WeeklyHours.practitioner_id == second)
            )
        )
        assert [each[0] for each in shown(door)] == [first]
        slow.commit()

    assert shown(door) == []


def test_numbers_of_a_database_this_one_was_restored_from_hide_nothing(
    door: Door, therapist: int, database: Database
):
    shown(door)
    database.writing(
        lambda session: session.execute(text("UPDATE calendars SET changed_in = 9e15"))
    )
    assert shown(door)

    database.writing(lambda session: session.execute(delete(WeeklyHours)))

    assert shown(door) == []
