"""Pure rules of time: clock changes, the grid, lengths and buffers; properties over many zones."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking_service.domain.slots import (
    Lengths,
    Period,
    Schedule,
    Stretch,
    cell_of,
    instant_of,
    is_offered,
    offered_on,
    seconds_into_cell,
    shift_of_zone,
)
from booking_service.tests.reckoned_starts import free_starts
from shared.time_zones import time_zones

HOUR = Lengths(session_minutes=50, buffer_minutes=10)
ZONES = sorted(time_zones())
OFF_THE_CELLS = ["Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham"]
DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2028, 12, 31))
TENS = st.integers(min_value=0, max_value=143).map(lambda ten: ten * 10)


@st.composite
def stretches(draw: st.DrawFn) -> list[Stretch]:
    """Draw up to three stretches of a day that do not overlap."""
    marks = sorted(draw(st.sets(st.integers(0, 144), min_size=2, max_size=6)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    return [Stretch(starts_minute=start * 10, ends_minute=end * 10) for start, end in pairs]


@cache
def clock_changes(zone: str) -> list[date]:
    """Give the days of 2026 and 2027 on which a zone's clock is put forward or back."""
    first = date(2026, 1, 1)
    days = [first + timedelta(days=each) for each in range(2 * 365 + 1)]
    offsets = [datetime.combine(day, time(), ZoneInfo(zone)).utcoffset() for day in days]
    return [day for day, (one, other) in zip(days, pairwise(offsets), strict=False) if one != other]


@st.composite
def zones_and_days(draw: st.DrawFn) -> tuple[str, date]:
    """Draw a zone and a day, every other time one on which its clock changes."""
    zone = draw(st.sampled_from(ZONES))
    changes = clock_changes(zone)
    return zone, draw(st.sampled_from(changes) | DAYS if changes else DAYS)


LENGTHS = st.builds(
    Lengths,
    session_minutes=st.integers(1, 18).map(lambda ten: ten * 10),
    buffer_minutes=st.integers(0, 6).map(lambda ten: ten * 10),
)
SCHEDULES = st.builds(
    Schedule,
    time_zone=st.sampled_from(ZONES),
    weekly_hours=st.dictionaries(st.integers(0, 6), stretches(), min_size=1),
)


def nine_to_one(zone: str, **more) -> Schedule:
    week = {day: [Stretch(starts_minute=540, ends_minute=780)] for day in range(7)}
    return Schedule(time_zone=zone, weekly_hours=week, **more)


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@given(day=DAYS, zone=st.sampled_from(ZONES))
def test_a_nine_o_clock_hour_stays_at_nine_all_year(day: date, zone: str):
    starts = list(offered_on(nine_to_one(zone), HOUR, day))

    shown = [wall(each, zone) for each in starts]
    if day == date(2025, 1, 1) or shown:
        assert [(each.date(), each.hour, each.minute) for each in shown] == [
            (day, hour, 0) for hour in (9, 10, 11, 12)
        ]


@given(day=DAYS, zone=st.sampled_from(ZONES), minute=TENS)
def test_an_instant_shows_its_wall_clock_or_the_clock_never_does(day: date, zone: str, minute: int):
    instant = instant_of(zone, day, minute)

    wanted = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    if instant is not None:
        assert wall(instant, zone) == wanted
        earlier = [instant - timedelta(minutes=30), instant - timedelta(hours=1)]
        assert wanted not in [wall(each, zone) for each in earlier], "the first time it is shown"
    else:
        around = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
        moments = (around + timedelta(minutes=10 * step) for step in range(3 * 144))
        assert wanted not in {wall(each, zone) for each in moments}, "the clock jumps over it"


@given(schedule=SCHEDULES, lengths=LENGTHS, day=DAYS)
@settings(max_examples=200)
def test_offered_hours_fit_their_stretch_and_never_overlap(
    schedule: Schedule, lengths: Lengths, day: date
):
    starts = list(offered_on(schedule, lengths, day))

    assert starts == sorted(set(starts)), "ascending, each once"
    for each in starts:
        assert seconds_into_cell(each) == shift_of_zone(schedule.time_zone, around=day)
        assert is_offered(schedule, lengths, each)
        shown = wall(each, schedule.time_zone)
        minute = shown.hour * 60 + shown.minute
        assert shown.date() == day
        assert any(
            stretch.starts_minute <= minute
            and minute + lengths.session_minutes <= stretch.ends_minute
            and (minute - stretch.starts_minute)
            % (lengths.session_minutes + lengths.buffer_minutes)
            == 0
            for stretch in schedule.stretches_on(day)
        )


@given(
    schedule=SCHEDULES,
    lengths=LENGTHS,
    day=DAYS,
    taken=st.lists(st.integers(0, 3 * 144), max_size=20),
)
@settings(max_examples=200)
def test_free_hours_touch_no_taken_cell_and_leave_none_out(
    schedule: Schedule, lengths: Lengths, day: date, taken: list[int]
):
    earliest = datetime(day.year, day.month, day.day, tzinfo=UTC)
    before = earliest + timedelta(days=3)
    busy = {cell_of(earliest) + each for each in taken}

    free = free_starts(schedule, lengths, earliest=earliest, before=before, busy_cells=busy)

    days = [day + timedelta(days=offset) for offset in range(-1, 5)]
    offered = [each for one in days for each in offered_on(schedule, lengths, one)]
    expected = [
        each
        for each in sorted(offered)
        if earliest <= each < before and not busy & set(lengths.hour_at(each).practitioner_cells)
    ]
    assert sorted(free) == expected


@given(lengths=LENGTHS, start=st.integers(0, 10**6))
def test_an_hour_takes_the_practitioner_until_the_buffers_end_and_the_client_without_it(
    lengths: Lengths, start: int
):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * start)
    hour = lengths.hour_at(moment)

    assert len(hour.client_cells) * 10 == lengths.session_minutes
    assert len(hour.practitioner_cells) * 10 == lengths.session_minutes + lengths.buffer_minutes
    assert set(hour.client_cells) <= set(hour.practitioner_cells)
    following = lengths.hour_at(hour.blocked_until)
    assert not set(hour.practitioner_cells) & set(following.practitioner_cells)


def test_an_hour_the_clock_jumps_over_is_not_offered():
    night = Schedule(
        time_zone="Europe/Budapest",
        overrides={date(2026, 3, 29): [Stretch(starts_minute=0, ends_minute=300)]},
    )

    shown = [
        wall(each, "Europe/Budapest").hour for each in offered_on(night, HOUR, date(2026, 3, 29))
    ]

    assert shown == [0, 1, 3, 4]


def test_an_hour_the_clock_shows_twice_is_offered_once_at_its_first_time():
    night = Schedule(
        time_zone="Europe/Budapest",
        overrides={date(2026, 10, 25): [Stretch(starts_minute=0, ends_minute=300)]},
    )

    starts = list(offered_on(night, HOUR, date(2026, 10, 25)))

    assert [wall(each, "Europe/Budapest").hour for each in starts] == [0, 1, 2, 3, 4]
    assert starts[2] == datetime(2026, 10, 25, 0, 0, tzinfo=UTC), "still summer time"
    assert min(after - before for before, after in pairwise(starts)) == timedelta(hours=1)


def test_half_hour_clock_changes_are_told_right():
    night = Schedule(
        time_zone="Australia/Lord_Howe",
        overrides={date(2026, 10, 4): [Stretch(starts_minute=60, ends_minute=240)]},
    )
    half = Lengths(session_minutes=30, buffer_minutes=0)

    shown = [
        wall(each, "Australia/Lord_Howe") for each in offered_on(night, half, date(2026, 10, 4))
    ]

    assert [(each.hour, each.minute) for each in shown] == [
        (1, 0),
        (1, 30),
        (2, 30),
        (3, 0),
        (3, 30),
    ]


def test_a_day_that_never_was_offers_nothing():
    # Samoa went over the date line and had no December 30th, 2011
    assert list(offered_on(nine_to_one("Pacific/Apia"), HOUR, date(2011, 12, 30))) == []


def test_a_session_must_end_within_its_stretch_and_the_buffer_need_not():
    short = Schedule(
        time_zone="UTC",
        overrides={date(2026, 7, 6): [Stretch(starts_minute=540, ends_minute=650)]},
    )

    starts = [each.hour for each in offered_on(short, HOUR, date(2026, 7, 6))]

    assert starts == [9, 10], "10:00 to 10:50 fits, its buffer ends at 11:00"


def test_absences_take_whatever_they_touch_and_not_what_they_only_meet():
    away = Period(
        starts_at=datetime(2026, 7, 6, 9, 50, tzinfo=UTC),
        ends_at=datetime(2026, 7, 6, 11, 0, tzinfo=UTC),
    )

    starts = offered_on(nine_to_one("UTC", absences=[away]), HOUR, date(2026, 7, 6))

    assert [each.hour for each in starts] == [9, 11, 12]


@given(where=zones_and_days(), stretches=stretches(), lengths=LENGTHS)
@settings(max_examples=400)
def test_an_hour_is_over_when_the_wall_clock_says_that_work_is(
    where: tuple[str, date], stretches: list[Stretch], lengths: Lengths
):
    zone, day = where
    schedule = Schedule(time_zone=zone, overrides={day: stretches})

    for starts_at in offered_on(schedule, lengths, day):
        hour = lengths.hour_at(starts_at)
        begins = wall(hour.starts_at, zone)
        is_over = wall(hour.ends_at - timedelta(microseconds=1), zone)
        midnight = datetime.combine(day, time())
        assert (
            any(
                midnight + timedelta(minutes=stretch.starts_minute) <= begins
                and begins <= is_over < midnight + timedelta(minutes=stretch.ends_minute)
                for stretch in stretches
            )
            or begins > is_over
        ), "only a clock that is put back shows an earlier end"


def test_an_hour_the_clock_makes_end_after_work_is_not_offered():
    night = Schedule(
        time_zone="Europe/Budapest",
        overrides={date(2026, 3, 29): [Stretch(starts_minute=90, ends_minute=150)]},
    )

    assert list(offered_on(night, HOUR, date(2026, 3, 29))) == [], "01:30 would end at 03:20"
    assert (
        len(
            list(
                offered_on(night, Lengths(session_minutes=30, buffer_minutes=0), date(2026, 3, 29))
            )
        )
        == 1
    )


@pytest.mark.parametrize("zone", OFF_THE_CELLS)
@given(day=DAYS, lengths=LENGTHS)
def test_hours_off_the_cells_meet_each_other_as_on_them(zone: str, day: date, lengths: Lengths):
    starts = list(offered_on(nine_to_one(zone), lengths, day))

    assert all(seconds_into_cell(each) == 300 for each in starts)
    hours = [lengths.hour_at(each) for each in starts]
    for one, other in pairwise(hours):
        assert one.blocked_until <= other.starts_at
        assert not set(one.practitioner_cells) & set(other.practitioner_cells)
    for one in hours:
        assert len(one.practitioner_cells) * 10 == lengths.session_minutes + lengths.buffer_minutes


def test_every_zone_there_is_can_be_worked_in():
    shifts = {shift_of_zone(zone, around=date(2026, 7, 6)) for zone in ZONES}
    assert shifts == {0, 300}


def test_an_appointment_keeps_its_length_among_hours_of_another():
    shorter = HOUR.of_session(20)
    longer = HOUR.of_session(80)

    day = date(2026, 7, 6)
    assert [each.hour for each in offered_on(nine_to_one("UTC"), shorter, day)] == [9, 10, 11, 12]
    assert [each.hour for each in offered_on(nine_to_one("UTC"), longer, day)] == [9, 10, 11]
    assert shorter.hour_at(datetime(2026, 7, 6, 9, tzinfo=UTC)).ends_at.minute == 20
