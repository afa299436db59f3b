"""The demonstration data is complete and fits the platform's code lists and rules."""

from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

DEMO_FOLDER = Path(__file__).parents[1] / "demo"
TOPIC_NUMBERS = set(range(29))
METHOD_NUMBERS = set(range(17))
PRICE_BAND_BOUNDS = (0, 1_000_000, 2_500_000, 4_000_000)
THERAPIST_KEYS = {
    "email",
    "first_name",
    "last_name",
    "gender",
    "time_zone",
    "therapy_types",
    "methods",
    "topics",
    "languages",
    "price_minor_units",
    "currency",
    "session_minutes",
    "information",
    "education",
    "weekly_hours",
}
CLIENT_KEYS = {"email", "first_name", "last_name", "locale", "time_zone", "preferences"}
PREFERENCE_KEYS = {
    "age",
    "has_experience",
    "therapy_type",
    "topics",
    "preferred_gender",
    "time_preference",
    "preferred_hour",
    "price_band",
}


def _entries(name: str) -> list[dict[str, Any]]:
    text = (DEMO_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)[name]
    return entries


THERAPISTS = _entries("therapists")
CLIENTS = _entries("clients")
every_therapist = pytest.mark.parametrize("therapist", THERAPISTS, ids=lambda one: one["email"])
every_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one["email"])


def _minutes(text: str) -> int:
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _is_subset_without_repeats(values: list[Any], allowed: set[Any]) -> bool:
    return bool(values) and len(set(values)) == len(values) and set(values) <= allowed


def test_there_are_enough_therapists_in_enough_time_zones():
    assert len(THERAPISTS) >= 14
    assert len({therapist["time_zone"] for therapist in THERAPISTS}) >= 4


def test_every_address_is_used_once_and_can_belong_to_nobody():
    addresses = [person["email"] for person in THERAPISTS + CLIENTS]
    assert len(set(addresses)) == len(addresses)
    assert all(address == address.lower() for address in addresses)
    assert all(address.endswith(".hearth.example") for address in addresses)


def test_every_topic_and_every_method_has_a_therapist():
    assert {topic for one in THERAPISTS for topic in one["topics"]} == TOPIC_NUMBERS
    assert {method for one in THERAPISTS for method in one["methods"]} == METHOD_NUMBERS


def test_each_price_band_has_at_least_three_therapists_of_its_own():
    prices = [therapist["price_minor_units"] for therapist in THERAPISTS]
    for above, up_to in pairwise(PRICE_BAND_BOUNDS):
        assert len([price for price in prices if above < price <= up_to]) >= 3


def test_each_wish_can_be_met_by_several_therapists():
    for field, value in (
        ("therapy_types", "individual"),
        ("therapy_types", "couple"),
        ("languages", "ru"),
        ("languages", "en"),
        ("languages", "hu"),
    ):
        assert len([one for one in THERAPISTS if value in one[field]]) >= 3, (field, value)
    for gender in ("man", "woman"):
        assert len([one for one in THERAPISTS if one["gender"] == gender]) >= 5


def test_no_two_therapists_share_a_text():
    texts = [
        one[key][locale]
        for one in THERAPISTS
        for key in ("information", "education")
        for locale in ("ru", "en")
    ]
    assert len(set(texts)) == len(texts)


def test_no_password_stands_in_the_files():
    for name in ("therapists", "clients"):
        for person in _entries(name):
            assert not [key for key in person if "password" in key.lower()]


@every_therapist
def test_a_therapist_has_exactly_the_known_fields(therapist: dict[str, Any]):
    assert set(therapist) == THERAPIST_KEYS
    assert therapist["first_name"].strip()
    assert therapist["last_name"].strip()
    assert therapist["gender"] in {"man", "woman"}
    assert therapist["session_minutes"] == 50
    assert therapist["currency"] == "HUF"


@every_therapist
def test_a_therapists_codes_exist(therapist: dict[str, Any]):
    assert _is_subset_without_repeats(therapist["topics"], TOPIC_NUMBERS)
    assert _is_subset_without_repeats(therapist["methods"], METHOD_NUMBERS)
    assert _is_subset_without_repeats(therapist["languages"], {"ru", "en", "hu"})
    assert _is_subset_without_repeats(therapist["therapy_types"], {"individual", "couple"})


@every_therapist
def test_a_therapists_price_is_a_whole_number_of_forints(therapist: dict[str, Any]):
    price = therapist["price_minor_units"]
    assert type(price) is int
    assert 0 < price <= PRICE_BAND_BOUNDS[-1]
    assert price % 100 == 0


@every_therapist
def test_a_therapist_is_described_in_russian_and_english(therapist: dict[str, Any]):
    for key in ("information", "education"):
        texts = therapist[key]
        assert set(texts) == {"ru", "en"}
        assert any("а" <= letter <= "я" for letter in texts["ru"])
        assert not any("а" <= letter.lower() <= "я" for letter in texts["en"])
        for text in texts.values():
            assert 3 <= text.count(". ") + text.endswith(".") <= 5, text
            assert len(text) <= 1000


@every_therapist
def test_a_therapists_weekly_hours_are_whole_ordered_and_do_not_overlap(therapist: dict[str, Any]):
    ZoneInfo(therapist["time_zone"])
    until: dict[int, int] = {}
    previous_weekday = 0
    for block in therapist["weekly_hours"]:
        assert set(block) == {"weekday", "starts", "ends"}
        weekday, starts, ends = block["weekday"], _minutes(block["starts"]), _minutes(block["ends"])
        assert previous_weekday <= weekday <= 6
        assert starts % 60 == 0
        assert ends % 60 == 0
        assert until.get(weekday, 0) <= starts < ends
        until[weekday] = ends
        previous_weekday = weekday


@every_therapist
def test_a_therapist_has_free_hours_in_any_week(therapist: dict[str, Any]):
    blocks = therapist["weekly_hours"]
    assert len({block["weekday"] for block in blocks}) >= 4
    assert sum(_minutes(block["ends"]) - _minutes(block["starts"]) for block in blocks) >= 16 * 60


def test_the_demonstration_clients_speak_the_three_languages():
    assert {client["locale"] for client in CLIENTS} == {"ru", "en", "ar"}


@every_client
def test_a_client_has_valid_preferences(client: dict[str, Any]):
    assert set(client) == CLIENT_KEYS
    ZoneInfo(client["time_zone"])
    preferences = client["preferences"]
    assert set(preferences) == PREFERENCE_KEYS
    assert 16 <= preferences["age"] <= 120
    assert type(preferences["has_experience"]) is bool
    assert preferences["therapy_type"] in {"individual", "couple"}
    assert _is_subset_without_repeats(preferences["topics"], TOPIC_NUMBERS)
    assert preferences["preferred_gender"] in {"any", "man", "woman"}
    assert preferences["time_preference"] in {"any", "nearest", "specific"}
    assert preferences["price_band"] in range(4)
    if preferences["time_preference"] == "specific":
        assert preferences["preferred_hour"] in range(24)
    else:
        assert preferences["preferred_hour"] is None
