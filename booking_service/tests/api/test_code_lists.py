"""The code lists: everything a client needs to show what the API's numbers and words mean."""

from typing import Any

import pytest

from booking_service.domain import code_lists
from booking_service.tests.factories import CLIENT, Door
from shared.countries import countries
from shared.time_zones import time_zones

PATH = "/api/v1/code-lists"


def read(door: Door) -> dict[str, Any]:
    return dict(door.get(None, PATH).json)


def test_every_list_is_whole_and_named_in_three_languages(door: Door):
    lists = read(door)
    assert [each["id"] for each in lists["topics"]] == list(range(29))
    assert [each["id"] for each in lists["methods"]] == list(range(17))
    assert [each["id"] for each in lists["change_reasons"]] == list(range(11))
    assert [each["code"] for each in lists["languages"]] == ["ru", "en", "hu"]
    assert [each["code"] for each in lists["genders"]] == ["F", "M", "X"]
    assert {each["code"] for each in lists["countries"]} == countries()
    assert {each["code"] for each in lists["time_zones"]} == time_zones()
    groups = {each["code"] for each in lists["topic_groups"]}
    assert {each["group"] for each in lists["topics"]} == groups
    assert lists["price_bands"][1]["upper_bound_minor_units"] == 1_000_000
    for name, entries in lists.items():
        for entry in entries:
            assert entry["names"].keys() == {"ru", "en", "ar"}, name
            assert all(entry["names"].values()), (name, entry)


@pytest.mark.parametrize(
    ("name", "code", "names"),
    [
        ("countries", "HU", {"ru": "Венгрия", "en": "Hungary", "ar": "هنغاريا"}),
        ("time_zones", "Europe/Budapest", {"ru": "Будапешт", "en": "Budapest", "ar": "بودابست"}),
        ("time_zones", "UTC", {"ru": "UTC", "en": "UTC", "ar": "UTC"}),
        ("time_zones", "EST", {"ru": "EST", "en": "EST", "ar": "EST"}),
        ("therapy_types", "couple", {"ru": "Парная", "en": "Couple", "ar": "زوجي"}),
    ],
)
def test_places_and_words_have_their_names(door: Door, name: str, code: str, names: dict[str, str]):
    lists = read(door)
    assert [each["names"] for each in lists[name] if each["code"] == code] == [names]


def test_it_is_kept_by_whoever_read_it(door: Door):
    client = door.app.test_client()
    answer = client.get(PATH)
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(PATH, headers=etag).status_code == 304
    other = {"If-None-Match": '"another"'}
    assert client.get(PATH, headers=other).status_code == 200


def test_an_ended_token_hinders_nobody(door: Door):
    headers = {"Authorization": "Bearer no.token.at-all"}
    assert door.call("GET", None, PATH, headers=headers).status_code == 200
    assert door.get(CLIENT, PATH).status_code == 200


def test_the_words_are_those_the_records_take():
    words = {each.word for each in code_lists.GENDERS}
    assert words == {"F", "M", "X"}
