"""Starts as bits say what the pure rules say, whatever the zone, the lengths and the schedule."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from booking_service.domain.slots import (
    Lengths,
    Schedule,
    Stretch,
    cell_of,
    offered_on,
)
from booking_service.domain.starts import (
    STEP,
    begin_of,
    between,
    offered_starts,
    part_of,
    positions_of,
    run_of,
    starts_within_hour,
    step_from,
    whole_hours,
    without_cells,
)
from booking_service.tests.domain.test_slots import DAYS, LENGTHS, SCHEDULES
from booking_service.tests.reckoned_starts import free_starts, is_whole_hour

OTHER_ZONES = ["Asia/Kathmandu", "Pacific/Chatham", "Antarctica/Troll", "Australia/Eucla"]
ANY_SCHEDULE = st.one_of(
    SCHEDULES,
    st.builds(
        lambda schedule, zone: Schedule(
            time_zone=zone,
            weekly_hours=schedule.weekly_hours,
            overrides=schedule.overrides,
            absences=schedule.absences,
        ),
        SCHEDULES,
        st.sampled_from(OTHER_ZONES),
    ),
)
# Days around which clocks change somewhere, and any others.
FIRST_DAYS = st.one_of(DAYS, st.sampled_from([date(2026, 3, 27), date(2026, 10, 23)]))


@settings(max_examples=150)
@given(ANY_SCHEDULE, LENGTHS, FIRST_DAYS, st.integers(1, 40), st.data())
def test_offered_starts_are_those_of_the_rules(schedule, lengths, first_day, days, data):
    """Over all days together, with what is taken and any window."""
    begins_at = begin_of(first_day)
    cell = cell_of(begins_at)
    taken = data.draw(
        st.lists(st.tuples(st.integers(-20, days * 144), st.integers(0, 20)), max_size=5)
    )
    soonest = data.draw(st.integers(0, days * 24 * 60 * 60))
    latest = data.draw(st.integers(0, days * 24 * 60 * 60))
    earliest = begins_at + timedelta(seconds=soonest)
    before = begins_at + timedelta(seconds=latest)

    starts = offered_starts(schedule, lengths, first_day, days)
    for first, more in taken:
        starts = without_cells(starts, lengths, cell + first, cell + first + more, begins_at)
    window = step_from(earliest, begins_at), step_from(before, begins_at)
    found = list(part_of(run_of(starts, begins_at), *window))

    busy = {cell + first + each for first, more in taken for each in range(more + 1)}
    assert found == free_starts(
        schedule, lengths, earliest=earliest, before=before, busy_cells=busy
    )
    masked = positions_of(starts & between(*window))
    assert [begins_at + STEP * each for each in masked] == found


@settings(max_examples=40)
@given(st.sampled_from([*OTHER_ZONES, "Europe/Budapest", "Australia/Lord_Howe"]), FIRST_DAYS)
def test_hours_of_a_zone_are_those_its_clock_shows(zone_name, first_day):
    zone, begins_at = ZoneInfo(zone_name), begin_of(first_day)
    moments = {step: begins_at + STEP * step for step in range(3 * 288)}

    whole = set(positions_of(whole_hours(zone, first_day, 3)))
    eleven = set(positions_of(starts_within_hour(zone, 11, first_day, 3)))

    assert whole == {step for step, each in moments.items() if is_whole_hour(each, zone)}
    assert eleven == {step for step, each in moments.items() if each.astimezone(zone).hour == 11}


def test_an_hour_of_half_a_year_away_is_laid_out_like_the_next_one():
    schedule = Schedule(
        time_zone="Europe/Budapest",
        weekly_hours={
            weekday: [Stretch(starts_minute=540, ends_minute=600)] for weekday in range(7)
        },
    )
    lengths = Lengths(session_minutes=50, buffer_minutes=10)
    first_day = date(2026, 7, 6)

    starts = positions_of(offered_starts(schedule, lengths, first_day, 366))

    found = [begin_of(first_day) + STEP * each for each in starts]
    assert found[0] == datetime(2026, 7, 6, 7, tzinfo=UTC)
    days = [first_day + timedelta(days=number) for number in range(366)]
    expected = [each for day in days for each in offered_on(schedule, lengths, day)]
    assert found[:366] == expected
