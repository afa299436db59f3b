"""Labels and instants: examples by hand, and the round trip over many zones and clock changes."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.translations.slot_labels import (
    UnknownHour,
    grouped_labels,
    instant_of_label,
    instant_of_slot,
    single_label,
)
from shared.time_zones import time_zones

BUDAPEST = ZoneInfo("Europe/Budapest")
NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
ZONES = sorted(time_zones())


@cache
def clock_changes(zone: str) -> list[datetime]:
    """Give the instants of 2026 and 2027 at which a zone's clock is put forward or back."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=each) for each in range(17_520)]
    offsets = [each.astimezone(ZoneInfo(zone)).utcoffset() for each in hours]
    return [
        hour for hour, (one, other) in zip(hours, pairwise(offsets), strict=False) if one != other
    ]


@st.composite
def around_clock_changes(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draw a zone whose clock changes, and a quarter of an hour near such a change."""
    zone = draw(st.sampled_from(ZONES).filter(clock_changes))
    change = draw(st.sampled_from(clock_changes(zone)))
    return zone, change + timedelta(minutes=15 * draw(st.integers(-24, 24)))


def test_a_label_is_weekday_day_and_month_in_english():
    instant = datetime(2027, 7, 8, 7, 0, tzinfo=UTC)
    assert single_label(instant, BUDAPEST) == {"Thu 8 July": 9}


def test_days_and_hours_ascend_and_no_day_is_empty():
    instants = [
        datetime(2026, 7, 3, 9, 0, tzinfo=UTC),
        datetime(2026, 7, 2, 9, 0, tzinfo=UTC),
        datetime(2026, 7, 2, 7, 0, tzinfo=UTC),
        datetime(2026, 7, 4, 7, 30, tzinfo=UTC),
    ]
    grouped = grouped_labels(instants, BUDAPEST)
    assert list(grouped.items()) == [("Thu 2 July", [9, 11]), ("Fri 3 July", [11])]


def test_days_ascend_over_the_turn_of_the_year():
    instants = [
        datetime(2027, 1, 1, 8, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 8, 0, tzinfo=UTC),
    ]
    assert list(grouped_labels(instants, BUDAPEST)) == ["Thu 31 December", "Fri 1 January"]


@pytest.mark.parametrize("minute", [10, 30, 59])
def test_an_hour_that_is_not_whole_in_the_zone_is_not_shown(minute):
    instant = datetime(2026, 7, 2, 9, minute, tzinfo=UTC)
    assert grouped_labels([instant], BUDAPEST) == {}
    assert single_label(instant, BUDAPEST) == {}


def test_whole_hours_are_judged_in_the_service_zone():
    kolkata = ZoneInfo("Asia/Kolkata")
    assert single_label(datetime(2026, 7, 2, 3, 30, tzinfo=UTC), kolkata) == {"Thu 2 July": 9}
    assert single_label(datetime(2026, 7, 2, 3, 0, tzinfo=UTC), kolkata) == {}


def test_a_doubled_hour_is_shown_once_and_means_the_first():
    first = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    second = first + timedelta(hours=1)
    now = datetime(2026, 10, 20, tzinfo=UTC)
    assert grouped_labels([first, second], BUDAPEST) == {"Sun 25 October": [2]}
    assert grouped_labels([second], BUDAPEST) == {}
    assert instant_of_label("Sun 25 October", 2, BUDAPEST, now) == first


def test_an_hour_that_a_clock_change_leaves_out_is_refused():
    now = datetime(2026, 3, 20, tzinfo=UTC)
    with pytest.raises(UnknownHour):
        instant_of_label("Sun 29 March", 2, BUDAPEST, now)
    assert instant_of_label("Sun 29 March", 3, BUDAPEST, now) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )


def test_a_label_means_the_next_such_date():
    assert instant_of_label("Thu 2 July", 9, BUDAPEST, NOW) == datetime(
        2026, 7, 2, 7, 0, tzinfo=UTC
    )
    assert instant_of_label("Wed 30 June", 9, BUDAPEST, NOW) == datetime(
        2027, 6, 30, 7, 0, tzinfo=UTC
    )


def test_today_is_the_next_such_date_even_when_the_hour_is_past():
    assert instant_of_label("Wed 1 July", 0, BUDAPEST, NOW) == datetime(
        2026, 6, 30, 22, 0, tzinfo=UTC
    )


def test_today_is_the_day_in_the_service_zone():
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # already 1 July in Budapest
    with pytest.raises(UnknownHour):
        instant_of_label("Tue 30 June", 23, BUDAPEST, late)


def test_the_29th_of_february_is_looked_for_in_the_next_leap_year():
    assert instant_of_label("Tue 29 February", 9, BUDAPEST, NOW).year == 2028
    with pytest.raises(UnknownHour):
        instant_of_label("Sun 29 February", 9, BUDAPEST, NOW)


@pytest.mark.parametrize(
    "label",
    [
        "Fri 31 February",
        "Fri 2 July",  # it is a Thursday
        "Thu 32 July",
        "Thu 0 July",
        "Thu 02 July",
        "thu 2 july",
        "Thu 2 Jul",
        "Чт 2 июля",
        "2 July",
        "2026-07-02",
        "Thu 2 July 2026",
        "Thu  2 July",
        "Thu 2 July\n",
        "Thu ٢ July",
        "",
        "Thu\x00 2 July",
        "\ud800",
    ],
    ids=ascii,
)
def test_what_is_no_label_is_refused(label):
    with pytest.raises(UnknownHour):
        instant_of_label(label, 9, BUDAPEST, NOW)


@pytest.mark.parametrize("hours", [9, "9", [9], ["9"]])
def test_the_hour_may_be_digits_or_stand_in_a_list_of_one(hours):
    slot = {"Thu 2 July": hours}
    assert instant_of_slot(slot, BUDAPEST, NOW) == datetime(2026, 7, 2, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "slot",
    [
        {},
        {"Thu 2 July": 9, "Fri 3 July": 9},
        {"Thu 2 July": []},
        {"Thu 2 July": [9, 11]},
        {"Thu 2 July": [[9]]},
        {"Thu 2 July": 24},
        {"Thu 2 July": -1},
        {"Thu 2 July": "-1"},
        {"Thu 2 July": 9.0},
        {"Thu 2 July": True},
        {"Thu 2 July": None},
        {"Thu 2 July": "nine"},
        {"Thu 2 July": {}},
        {"Thu 2 July": 2**53},
    ],
    ids=repr,
)
def test_another_slot_is_refused(slot):
    with pytest.raises(UnknownHour):
        instant_of_slot(slot, BUDAPEST, NOW)


HALF_HOURS = st.integers(min_value=0, max_value=28 * 48)
MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2036, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.just(UTC),
)


@given(zone=st.sampled_from(ZONES), now=MOMENTS, steps=st.sets(HALF_HOURS, max_size=40))
@example("Europe/Budapest", datetime(2026, 10, 24, tzinfo=UTC), set(range(100)))
@example("Europe/Budapest", datetime(2026, 3, 28, tzinfo=UTC), set(range(100)))
@example("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC), set(range(100)))
@example("America/Sao_Paulo", datetime(2018, 11, 3, tzinfo=UTC), set(range(100)))
def test_every_shown_hour_reads_back_to_a_free_instant(zone, now, steps):
    service_zone = ZoneInfo(zone)
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    free = {start + timedelta(minutes=30 * step) for step in steps}
    grouped = grouped_labels(free, service_zone)
    read_back = [
        instant_of_slot({label: hour}, service_zone, now)
        for label, hours in grouped.items()
        for hour in hours  # type: ignore[attr-defined] # a list, as the next lines prove
    ]
    assert set(read_back) <= free
    assert read_back == sorted(read_back)
    assert all(hours for hours in grouped.values())


@given(where=around_clock_changes(), days_before=st.integers(0, 60))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_around_clock_changes_every_label_reads_back_to_the_instant_it_was_made_from(
    where, days_before
):
    zone, instant = where
    service_zone, now = ZoneInfo(zone), instant - timedelta(days=days_before)
    one, several = (
        single_label(instant, service_zone, now),
        grouped_labels([instant], service_zone, now),
    )
    assert bool(one) == bool(several)
    if one:
        assert instant_of_slot(one, service_zone, now) == instant
        assert several == {label: [hour] for label, hour in one.items()}


@given(zone=st.sampled_from(ZONES), now=MOMENTS, hours=st.integers(0, 800 * 24))
@example("Europe/Budapest", datetime(2026, 7, 6, 8, tzinfo=UTC), 365 * 24)
def test_a_label_of_an_hour_to_come_is_never_another_years(zone, now, hours):
    service_zone = ZoneInfo(zone)
    instant = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    label = single_label(instant, service_zone, now)
    if label:
        assert instant_of_slot(label, service_zone, now) == instant


@given(zone=st.sampled_from(ZONES), now=MOMENTS, step=HALF_HOURS)
def test_a_whole_hour_is_shown_unless_it_is_the_second_of_a_doubled_one(zone, now, step):
    service_zone = ZoneInfo(zone)
    instant = now.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=30 * step)
    local = instant.astimezone(service_zone)
    is_shown = bool(grouped_labels([instant], service_zone))
    assert is_shown == (local.minute == 0 and local.fold == 0)


@given(label=st.text(max_size=30), hour=st.integers(), zone=st.sampled_from(ZONES))
def test_no_label_brings_the_reader_down(label, hour, zone):
    with pytest.raises(UnknownHour):
        instant_of_label(label, hour, ZoneInfo(zone), NOW)
