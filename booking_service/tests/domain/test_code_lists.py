"""The code lists keep their numbers, their words and a name in every language."""

import re

import pytest

from booking_service.domain import code_lists

LISTS_AND_LENGTHS = [
    (code_lists.TOPICS, 29),
    (code_lists.METHODS, 17),
    (code_lists.THERAPY_TYPES, 2),
    (code_lists.LANGUAGES, 3),
    (code_lists.PREFERRED_GENDERS, 3),
    (code_lists.TIME_PREFERENCES, 3),
    (code_lists.PRICE_BANDS, 4),
    (code_lists.CHANGE_REASONS, 11),
    (code_lists.FURTHER_EDUCATION, 5),
]


@pytest.mark.parametrize(("entries", "length"), LISTS_AND_LENGTHS)
def test_numbers_count_from_zero_without_a_gap(entries, length):
    assert [entry.id for entry in entries] == list(range(length))


@pytest.mark.parametrize(("entries", "length"), LISTS_AND_LENGTHS)
def test_every_entry_has_its_own_name_in_each_language(entries, length):
    for locale, letters in (("ru", "[А-Яа-яё]"), ("en", "[A-Za-z]"), ("ar", "[ء-ي]")):
        names = [entry.name.in_locale(locale) for entry in entries]
        assert all(re.search(letters, name) and name == name.strip() for name in names)
        assert len(set(names)) == length


def test_topics_stand_in_the_groups_clients_know():
    groups = code_lists.TopicGroup
    expected = (
        [groups.SELF] * 11
        + [groups.OTHERS] * 6
        + [groups.WORK_AND_STUDY] * 6
        + [groups.LIFE_EVENTS] * 6
    )
    assert [topic.group for topic in code_lists.TOPICS] == expected
    assert set(code_lists.TOPIC_GROUP_NAMES) == set(groups)


def test_the_words_of_the_clean_api_stand_at_their_numbers():
    assert [entry.word for entry in code_lists.THERAPY_TYPES] == ["individual", "couple"]
    assert [entry.word for entry in code_lists.LANGUAGES] == ["ru", "en", "hu"]
    assert [entry.word for entry in code_lists.PREFERRED_GENDERS] == ["man", "woman", "any"]
    assert [entry.word for entry in code_lists.TIME_PREFERENCES] == ["any", "nearest", "specific"]


def test_price_bands_are_shown_forints_times_a_hundred():
    bounds = [band.upper_bound_minor_units for band in code_lists.PRICE_BANDS]
    assert bounds == [None, 10_000 * 100, 25_000 * 100, 40_000 * 100]
    assert {band.currency for band in code_lists.PRICE_BANDS} == {"HUF"}


def test_a_language_nobody_translated_gets_the_english_name():
    assert code_lists.TOPICS_BY_ID[3].name.in_locale("hu") == "Anxiety"
    assert code_lists.TOPICS_BY_ID[3].name.in_locale("ru") == "Тревожность"


def test_a_list_cannot_be_changed_while_the_service_runs():
    with pytest.raises(TypeError):
        code_lists.TOPICS_BY_ID[29] = code_lists.TOPICS[0]  # type: ignore[index]
