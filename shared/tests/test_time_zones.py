"""The one list of time zones."""

from zoneinfo import ZoneInfo

import pytest

from shared.time_zones import known_zone, time_zones


def test_every_name_listed_is_a_zone():
    assert len(time_zones()) > 500
    for name in time_zones():
        assert ZoneInfo(name).key == name


@pytest.mark.parametrize(
    "name",
    ["Factory", "localtime", "posixrules", "posix/Europe/Paris", "right/Europe/Paris", "tzdata.zi",
     "zone.tab", "Europe", "europe/paris", "Europe/Nowhere", "../Europe/Paris", "", None],
)  # fmt: skip
def test_what_is_no_place_on_the_map_is_none(name):
    assert known_zone(name) is None


@pytest.mark.parametrize("name", ["Europe/Budapest", "Asia/Kathmandu", "UTC", "Etc/GMT+5", "Cuba"])
def test_names_of_the_database_are_known(name):
    assert known_zone(name) == name
